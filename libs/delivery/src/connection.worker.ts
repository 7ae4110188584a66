import { type Connection } from './connection.registry.js';
import { type ClaimedDelivery } from './delivery.row.js';

/** More than this is never held without being settled; with Postgres slow, calls must not run ahead of their record. */
const MAX_UNSETTLED = 500;
const MAX_CLAIM = 200;
/** After a claim that failed; the poll and every wake-up would come sooner and in vain. */
const AFTER_FAILURE_MS = 500;
const MAX_TIMER_MS = 60_000;
/** How long a free slot waits for others, so that they share a claim; less than any call over a network takes. */
const GATHER_MS = 5;

export interface WorkerPorts {
  claim(connection: Connection, limit: number): Promise<ClaimedDelivery[]>;
  /** Calls and settles one delivery; never rejects. Resolves true when it was put back, so that it is due still. */
  attempt(delivery: ClaimedDelivery, connection: Connection): Promise<boolean>;
  claimFailed(error: unknown, connection: Connection): void;
}

/**
 * Takes work for one connection whenever its guard has a free slot. One claim at a time; a connection with an
 * open circuit claims nothing and costs the others nothing.
 */
export class ConnectionWorker {
  /** There may be due work that was not claimed yet. */
  private expecting = false;
  private claiming: Promise<void> | undefined;
  private stopped = false;
  /** Until the guard may have a free slot again; any event may prove it wrong. */
  private waiting: NodeJS.Timeout | undefined;
  /** After a failed claim; nothing shortens it. */
  private pausing: NodeJS.Timeout | undefined;
  private gathering: NodeJS.Timeout | undefined;
  private readonly held = new Set<Promise<void>>();

  constructor(
    readonly connection: Connection,
    private readonly ports: WorkerPorts,
  ) {
    connection.guard.onAvailable(() => this.proceed());
  }

  /** Call when there may be new work. */
  wake(): void {
    this.expecting = true;
    this.proceed();
  }

  stopClaiming(): void {
    this.stopped = true;
    clearTimeout(this.waiting);
    clearTimeout(this.pausing);
    clearTimeout(this.gathering);
  }

  /** Resolves when everything it holds is settled. */
  async idle(): Promise<void> {
    await this.claiming;
    while (this.held.size > 0) await Promise.all(this.held);
  }

  private proceed(): void {
    if (!this.expecting || this.isBusy()) return;
    const room = this.room();
    if (room <= 0) this.waitForTime();
    // A claim is a commit, and costs nearly the same for one delivery as for ten.
    else if (this.held.size === 0 || room * 2 >= this.connection.guard.options.concurrency) this.begin();
    else this.gathering ??= setTimeout(() => this.begin(), GATHER_MS);
  }

  private begin(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    if (this.isBusy() || this.room() <= 0) return;
    clearTimeout(this.waiting);
    this.claiming = this.claim().finally(() => {
      this.claiming = undefined;
      // A slot that became free in the meantime found this one still claiming.
      this.proceed();
    });
  }

  private isBusy(): boolean {
    return this.claiming !== undefined || this.stopped || this.pausing !== undefined;
  }

  private room(): number {
    return Math.min(this.connection.guard.freeSlots(), MAX_CLAIM, MAX_UNSETTLED - this.held.size);
  }

  private async claim(): Promise<void> {
    const limit = this.room();
    // Set before the claim: a wake-up while it runs means that there may be more than it saw.
    this.expecting = false;
    try {
      const claimed = await this.ports.claim(this.connection, limit);
      if (claimed.length === limit) this.expecting = true;
      for (const delivery of claimed) this.hold(delivery);
      // A provider that answers at once has its slots free again, and one claim can fill them all.
      if (this.expecting) await new Promise((resolve) => setImmediate(resolve));
    } catch (error) {
      this.expecting = true;
      this.pausing = this.after(AFTER_FAILURE_MS, () => (this.pausing = undefined));
      this.ports.claimFailed(error, this.connection);
    }
  }

  private hold(delivery: ClaimedDelivery): void {
    const done = this.ports.attempt(delivery, this.connection).then((open) => {
      this.held.delete(done);
      if (open) this.expecting = true;
      this.proceed();
    });
    this.held.add(done);
  }

  private waitForTime(): void {
    clearTimeout(this.waiting);
    const at = this.connection.guard.availableAt();
    if (at !== undefined) this.waiting = this.after(Math.max(1, at.getTime() - Date.now()), () => undefined);
  }

  private after(ms: number, first: () => void): NodeJS.Timeout | undefined {
    if (this.stopped) return undefined;
    return setTimeout(() => {
      first();
      this.proceed();
    }, Math.min(ms, MAX_TIMER_MS));
  }
}
