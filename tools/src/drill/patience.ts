import type { Remaining } from './checker/database.witness.js';

/**
 * How long the drill waits: for as long as something is being done. A slow machine gets its answer, and a system that
 * has come to a standstill is not waited for.
 */
export class Patience {
  private least = Number.POSITIVE_INFINITY;
  private most = Number.NEGATIVE_INFINITY;
  private changedAt: number;

  constructor(
    private readonly standstillMs: number,
    private readonly now: () => number = Date.now,
  ) {
    this.changedAt = now();
  }

  /** Tells it what is left, undefined where nobody knows; answers whether the wait is over. */
  isOver(left: number | undefined): boolean {
    // More than ever is progress too, services are still taking in what was accepted. Neither can go on for ever.
    if (left !== undefined && (left < this.least || left > this.most)) {
      this.least = Math.min(this.least, left);
      this.most = Math.max(this.most, left);
      this.changedAt = this.now();
    }
    return this.now() - this.changedAt > this.standstillMs;
  }
}

/** Deliveries that are not done and events that are not recorded. What is still to be published comes and goes with every retry. */
export function leftOf({ open, whole }: Remaining): number {
  return Object.values(open).reduce((sum, count) => sum + count, 0) + Math.max(0, whole?.unrecorded ?? 0);
}
