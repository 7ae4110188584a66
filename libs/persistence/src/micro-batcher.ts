export interface MicroBatcherOptions<I, O> {
  /** The most items one run is given. */
  maxBatch: number;
  /** What the items of one run may weigh together. One that is heavier goes alone. */
  maxWeight?: { of: (item: I) => number; sum: number };
  /** How many runs may be in flight at once. Default 1. */
  concurrency?: number;
  /** A run that is not full begins no sooner than so long after the one before. Default 0. */
  gatherMs?: number;
  /** Answers every item, in the order given. A rejection rejects all items of its batch. */
  run: (items: I[]) => Promise<O[]>;
}

interface Waiting<I, O> {
  item: I;
  resolve: (output: O) => void;
  reject: (error: unknown) => void;
}

/**
 * Lets items that arrive together share one run. A lone item starts in the same turn of the event loop; what arrives
 * while all runs are busy, or sooner after a run than `gatherMs`, forms the next batch.
 */
export class MicroBatcher<I, O> {
  private readonly maxBatch: number;
  private readonly maxWeight: MicroBatcherOptions<I, O>['maxWeight'];
  private readonly concurrency: number;
  private readonly gatherMs: number;
  private readonly run: (items: I[]) => Promise<O[]>;
  private waiting: Waiting<I, O>[] = [];
  private inFlight = 0;
  private scheduled = false;
  private startedAt = Number.NEGATIVE_INFINITY;
  private drained: (() => void)[] = [];

  constructor(options: MicroBatcherOptions<I, O>) {
    this.maxBatch = positive('maxBatch', options.maxBatch);
    this.maxWeight = options.maxWeight;
    this.concurrency = positive('concurrency', options.concurrency ?? 1);
    this.gatherMs = options.gatherMs ?? 0;
    this.run = options.run;
  }

  /** Items that are waiting or in flight. */
  get size(): number {
    return this.waiting.length + this.inFlightItems;
  }

  private inFlightItems = 0;

  add(item: I): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  /**
   * Items that came together, with one promise for all of them; it never rejects. In their order, what each was
   * answered with, or the error of its run: large lists are divided like everything else that waits.
   */
  addAll(items: readonly I[]): Promise<(O | Error)[]> {
    if (items.length === 0) return Promise.resolve([]);
    return new Promise((resolveAll) => {
      const outputs = new Array<O | Error>(items.length);
      let open = items.length;
      const settle = (index: number, output: O | Error): void => {
        outputs[index] = output;
        if (--open === 0) resolveAll(outputs);
      };
      items.forEach((item, index) => {
        const reject = (error: unknown): void => settle(index, error instanceof Error ? error : new Error(String(error)));
        this.waiting.push({ item, resolve: (output) => settle(index, output), reject });
      });
      this.schedule();
    });
  }

  /** Resolves once nothing waits and nothing is in flight; never rejects. */
  drain(): Promise<void> {
    if (this.waiting.length === 0 && this.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.drained.push(resolve));
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= this.concurrency) return;
    this.scheduled = true;
    const start = (): void => {
      this.scheduled = false;
      this.startRuns();
    };
    const waitMs = this.waiting.length >= this.maxBatch ? 0 : this.startedAt + this.gatherMs - performance.now();
    // setImmediate gathers everything that one turn of the event loop received, at no delay.
    if (waitMs <= 0) setImmediate(start);
    else setTimeout(start, waitMs);
  }

  private startRuns(): void {
    this.startedAt = performance.now();
    while (this.waiting.length > 0 && this.inFlight < this.concurrency) {
      const batch = this.waiting.splice(0, this.nextCount());
      this.inFlight += 1;
      this.inFlightItems += batch.length;
      void this.settle(batch);
    }
  }

  private goOn(): void {
    if (this.gatherMs === 0) this.startRuns();
    else this.schedule();
  }

  private nextCount(): number {
    const most = Math.min(this.maxBatch, this.waiting.length);
    if (this.maxWeight === undefined) return most;
    let weight = 0;
    for (let count = 0; count < most; count += 1) {
      const next = this.waiting[count];
      if (next !== undefined) weight += this.maxWeight.of(next.item);
      if (weight > this.maxWeight.sum) return Math.max(1, count);
    }
    return most;
  }

  private async settle(batch: Waiting<I, O>[]): Promise<void> {
    try {
      const outputs = await this.run(batch.map(({ item }) => item));
      if (outputs.length !== batch.length) {
        throw new Error(`A batch of ${batch.length} items was answered with ${outputs.length} results.`);
      }
      batch.forEach(({ resolve }, index) => resolve(outputs[index] as O));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.inFlight -= 1;
      this.inFlightItems -= batch.length;
      if (this.waiting.length > 0) this.goOn();
      else if (this.inFlight === 0) this.announceDrained();
    }
  }

  private announceDrained(): void {
    const listeners = this.drained;
    this.drained = [];
    for (const listener of listeners) listener();
  }
}

function positive(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer, not ${value}.`);
  return value;
}
