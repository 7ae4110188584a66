import { type RateLimitReport } from './rate-limit.report.js';

/** A provider that asks for a longer pause than a day has a broken clock. */
const MAX_PAUSE_MS = 24 * 3_600_000;
/** Of the provider's limit: what is left below this is spread over the rest of its window. */
const RESERVE = 0.2;
/** Where the provider tells what is left and not of how many. */
const ASSUMED_LIMIT = 50;

/** A token bucket; the pause a provider asked for with `Retry-After`; and what the provider says is left of its own limit. */
export class RateLimiter {
  private readonly ratePerMs: number | undefined;
  private readonly burst: number;
  private level: number;
  private filledAt = Date.now();
  private paused = 0;
  private scarce: { left: number; readonly until: number; nextAt: number } | undefined;

  constructor(ratePerSecond: number | undefined, burst: number | undefined) {
    this.ratePerMs = ratePerSecond === undefined ? undefined : ratePerSecond / 1000;
    this.burst = burst ?? Math.max(1, Math.floor(ratePerSecond ?? 1));
    this.level = this.burst;
  }

  /** Calls that may start now; Infinity without a configured rate. */
  tokens(): number {
    const now = Date.now();
    if (now < this.paused) return 0;
    const most = this.share(now);
    if (most === 0 || this.ratePerMs === undefined) return most;
    this.fill(this.ratePerMs);
    return Math.min(most, Math.floor(this.level + 1e-9));
  }

  take(): void {
    if (this.ratePerMs !== undefined) this.level -= 1;
    if (this.scarce !== undefined) {
      this.scarce.left -= 1;
      this.space(this.scarce);
    }
  }

  /** Afterwards calls start at the configured rate, not all at once. */
  pause(ms: number): void {
    this.paused = Math.max(this.paused, Date.now() + Math.min(ms, MAX_PAUSE_MS));
    if (this.ratePerMs !== undefined) this.level = Math.min(this.level, 1);
  }

  /** The newest report holds. `running`: calls the provider may not have counted yet. */
  report({ remaining, resetMs, limit = ASSUMED_LIMIT }: RateLimitReport, running: number): void {
    const left = Math.max(0, remaining - running);
    this.scarce = undefined;
    if (left > limit * RESERVE || resetMs <= 0) return;
    this.scarce = { left, until: Date.now() + Math.min(resetMs, MAX_PAUSE_MS), nextAt: 0 };
    this.space(this.scarce);
  }

  /** Epoch milliseconds of the pause's end; undefined when there is none. */
  get pausedUntil(): number | undefined {
    const until = Math.max(this.paused, this.scarce !== undefined && this.scarce.left <= 0 ? this.scarce.until : 0);
    return Date.now() < until ? until : undefined;
  }

  /** Epoch milliseconds at which a call may start. */
  availableAt(): number {
    const now = Date.now();
    if (now < this.paused) return this.paused;
    if (this.share(now) === 0) return this.scarce?.nextAt ?? now;
    if (this.ratePerMs === undefined || this.tokens() >= 1) return now;
    return now + Math.ceil((1 - this.level) / this.ratePerMs);
  }

  reset(): void {
    this.paused = 0;
    this.scarce = undefined;
  }

  private share(now: number): number {
    if (this.scarce !== undefined && now >= this.scarce.until) this.scarce = undefined;
    if (this.scarce === undefined) return Infinity;
    return now >= this.scarce.nextAt ? 1 : 0;
  }

  private space(scarce: { left: number; readonly until: number; nextAt: number }): void {
    const now = Date.now();
    scarce.nextAt = scarce.left <= 0 ? scarce.until : Math.ceil(now + (scarce.until - now) / (scarce.left + 1));
  }

  private fill(ratePerMs: number): void {
    const now = Date.now();
    const since = Math.max(this.filledAt, Math.min(this.paused, now));
    this.level = Math.min(this.burst, this.level + Math.max(0, now - since) * ratePerMs);
    this.filledAt = now;
  }
}
