import { Logger } from '@nestjs/common';
import type { Envelope } from '@posthorn/contracts';
import { withTrace } from '@posthorn/observability';
import type { DeliveredMessage } from './delivered.message.js';
import type { HandlerTable, Route } from './handler.table.js';
import type { MessageSettlement } from './message.settlement.js';
import type { ReceivedMessage } from './received.message.js';
import { batchLimit, pauseMs } from './retry.delay.js';

/** Held messages exist as text, parsed, and once more on their way into a database: a multiple of this. */
export const MAX_HELD_BYTES = 8 * 1024 * 1024;

interface Held {
  raw: DeliveredMessage;
  message: ReceivedMessage;
  route: Route;
}

/**
 * Gives messages to their handlers and settles them by what the handlers say. A batch handler runs one batch at a
 * time, made of whatever has arrived; single handlers run side by side. Holds at most `capacity` messages, and takes no
 * more while they are many bytes.
 */
export class MessageDispatcher {
  private readonly logger = new Logger(MessageDispatcher.name);
  private readonly fresh: Held[] = [];
  private readonly again: Held[] = [];
  private readonly running = new Set<Promise<void>>();
  private roomWaiters: (() => void)[] = [];
  private batching = false;
  private scheduled = false;
  private startedAt = Number.NEGATIVE_INFINITY;
  private preferAgain = false;
  private failuresInARow = 0;
  private holding = 0;
  private holdingBytes = 0;
  private stopped = false;

  constructor(
    private readonly name: string,
    private readonly capacity: number,
    private readonly handlers: HandlerTable,
    private readonly settlement: MessageSettlement,
  ) {}

  /** How many more messages it can take now. */
  get room(): number {
    return this.holdingBytes < MAX_HELD_BYTES ? this.capacity - this.holding : 0;
  }

  /** Resolves when there is room for at least so many messages. */
  async whenRoom(messages: number): Promise<void> {
    while (this.room < messages && !this.stopped) await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
  }

  receive(raw: DeliveredMessage): void {
    this.holding += 1;
    this.holdingBytes += raw.bytes;
    const route = this.handlers.routeOf(raw.subject);
    const message = route === undefined ? undefined : this.parse(raw);
    if (route === undefined) this.release(raw, this.settlement.acknowledge(raw, 'unhandled'));
    else if (message === undefined) this.release(raw, this.settlement.terminate(raw));
    else if (this.stopped) this.release(raw, this.settlement.handBack(raw));
    else this.accept({ raw, message, route });
  }

  private accept(held: Held): void {
    this.settlement.hold(held.raw);
    if (held.route.batchSize === undefined) {
      this.start([held]);
      return;
    }
    (held.message.receivedCount === 1 ? this.fresh : this.again).push(held);
    this.schedule();
  }

  /** Starts nothing more, hands back what waits, and waits for what runs. Resolves false when the deadline came first. */
  async stop(deadlineMs: number): Promise<boolean> {
    this.stopped = true;
    for (const held of [...this.fresh.splice(0), ...this.again.splice(0)]) this.release(held.raw, this.settlement.handBack(held.raw));
    this.wakeWaiters();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), deadlineMs)));
    const done = this.idle().then(() => true as const);
    return Promise.race([done, deadline]).finally(() => clearTimeout(timer));
  }

  private async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  /**
   * The next batch starts after one turn of the event loop, so that messages which came in one packet share it; or
   * after a pause, where the handler gathers and the batch before began a moment ago, or while everything new fails.
   * Meanwhile no more is fetched than there is room for.
   */
  private schedule(): void {
    if (this.scheduled || this.batching || this.stopped) return;
    this.scheduled = true;
    const begin = (): void => {
      this.scheduled = false;
      if (!this.batching && !this.stopped) this.startBatch();
    };
    const wait = Math.max(pauseMs(this.failuresInARow), this.gatherMs());
    if (wait <= 0) setImmediate(begin);
    else setTimeout(begin, wait).unref();
  }

  private gatherMs(): number {
    const route = (this.fresh[0] ?? this.again[0])?.route;
    if (route === undefined || this.fresh.length >= (route.batchSize ?? 1)) return 0;
    return this.startedAt + route.gatherMs - performance.now();
  }

  private startBatch(): void {
    const batch = this.nextBatch();
    if (batch.length === 0) return;
    this.batching = true;
    this.startedAt = performance.now();
    this.start(batch, () => {
      this.batching = false;
      if (this.fresh.length > 0 || this.again.length > 0) this.schedule();
    });
  }

  /** Fresh messages and those that came again take turns and never share a batch. */
  private nextBatch(): Held[] {
    const queue = (this.preferAgain && this.again.length > 0) || this.fresh.length === 0 ? this.again : this.fresh;
    this.preferAgain = queue === this.fresh;
    const first = queue[0];
    if (first === undefined) return [];
    const limit = batchLimit(first.route.batchSize ?? 1, first.message.receivedCount);
    let count = 1;
    while (count < limit && queue[count]?.route === first.route) count += 1;
    return queue.splice(0, count);
  }

  private start(batch: Held[], afterwards?: () => void): void {
    const run = this.run(batch).finally(() => {
      this.running.delete(run);
      afterwards?.();
    });
    this.running.add(run);
  }

  private async run(batch: Held[]): Promise<void> {
    const first = batch[0];
    if (first === undefined) return;
    const messages = batch.map(({ message }) => message);
    // A batch has many parents and a span only one: each event's own trace is carried on by its envelope.
    const traceparent = batch.length === 1 ? traceparentOf(first) : undefined;
    const startedAt = performance.now();
    try {
      await withTrace(traceparent, `${this.name} receive`, { 'messaging.batch.message_count': batch.length }, () =>
        first.route.invoke(messages),
      );
      this.failuresInARow = 0;
      for (const { raw } of batch) this.release(raw, this.settlement.acknowledge(raw, 'handled'));
    } catch (error) {
      if (first.message.receivedCount === 1) this.failuresInARow += 1;
      this.report(batch, error);
      for (const { raw } of batch) this.release(raw, this.settlement.reject(raw));
    }
    this.settlement.took(performance.now() - startedAt);
  }

  private release(raw: DeliveredMessage, settled: Promise<void>): void {
    const done = settled.finally(() => {
      this.holding -= 1;
      this.holdingBytes -= raw.bytes;
      this.running.delete(done);
      this.wakeWaiters();
    });
    this.running.add(done);
  }

  private wakeWaiters(): void {
    if (this.roomWaiters.length === 0) return;
    const waiters = this.roomWaiters;
    this.roomWaiters = [];
    for (const wake of waiters) wake();
  }

  private parse(raw: DeliveredMessage): ReceivedMessage | undefined {
    try {
      const envelope = raw.json<Envelope<unknown> | null>();
      if (typeof envelope !== 'object' || envelope === null) throw new TypeError('It is JSON, but not an object.');
      return { subject: raw.subject, envelope, receivedCount: raw.deliveryCount };
    } catch (error) {
      // The parser's message quotes the text, which may be personal; where the message lies is enough to look.
      const reason = error instanceof TypeError ? error.message : 'It is not JSON.';
      this.logger.error({ subject: raw.subject, streamSequence: raw.streamSequence }, `A message was given up for ever. ${reason}`);
      return undefined;
    }
  }

  private report(batch: Held[], error: unknown): void {
    const first = batch[0]?.message;
    this.logger.error(
      {
        err: error,
        consumer: this.name,
        messages: batch.length,
        attempt: first?.receivedCount,
        eventId: batch.length === 1 ? first?.envelope.id : undefined,
        type: batch.length === 1 ? first?.envelope.type : undefined,
      },
      'A handler failed; its messages will come again',
    );
  }
}

function traceparentOf({ raw, message }: Held): string | undefined {
  const own: unknown = message.envelope.traceparent;
  return raw.traceparent ?? (typeof own === 'string' ? own : undefined);
}
