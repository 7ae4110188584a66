/** A provider that asks for a longer pause than a day has a broken clock. */
const MAX_PAUSE_MS = 24 * 3_600_000;

/** A token bucket, and the pause a provider asked for with `Retry-After`. */
export class RateLimiter {
  private readonly ratePerMs: number | undefined;
  private readonly burst: number;
  private level: number;
  private filledAt = Date.now();
  private paused = 0;

  constructor(ratePerSecond: number | undefined, burst: number | undefined) {
    this.ratePerMs = ratePerSecond === undefined ? undefined : ratePerSecond / 1000;
    this.burst = burst ?? Math.max(1, Math.floor(ratePerSecond ?? 1));
    this.level = this.burst;
  }

  /** Calls that may start now; Infinity without a configured rate. */
  tokens(): number {
    if (Date.now() < this.paused) return 0;
    if (this.ratePerMs === undefined) return Infinity;
    this.fill(this.ratePerMs);
    return Math.floor(this.level + 1e-9);
  }

  take(): void {
    if (this.ratePerMs !== undefined) this.level -= 1;
  }

  /** Afterwards calls start at the configured rate, not all at once. */
  pause(ms: number): void {
    this.paused = Math.max(this.paused, Date.now() + Math.min(ms, MAX_PAUSE_MS));
    if (this.ratePerMs !== undefined) this.level = Math.min(this.level, 1);
  }

  /** Epoch milliseconds of the pause's end; undefined when there is none. */
  get pausedUntil(): number | undefined {
    return Date.now() < this.paused ? this.paused : undefined;
  }

  /** Epoch milliseconds at which a call may start. */
  availableAt(): number {
    const now = Date.now();
    if (now < this.paused) return this.paused;
    if (this.ratePerMs === undefined || this.tokens() >= 1) return now;
    return now + Math.ceil((1 - this.level) / this.ratePerMs);
  }

  reset(): void {
    this.paused = 0;
  }

  private fill(ratePerMs: number): void {
    const now = Date.now();
    const since = Math.max(this.filledAt, Math.min(this.paused, now));
    this.level = Math.min(this.burst, this.level + Math.max(0, now - since) * ratePerMs);
    this.filledAt = now;
  }
}
