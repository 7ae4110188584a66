import { type GuardOptions } from './guard.options.js';

/**
 * A connection whose credentials are refused, and when one call tests them again: soon at first, since a refusal
 * may be the provider's own hiccup, then ever more rarely.
 */
export class Parking {
  private held: string | undefined;
  private current = 0;
  private probing = false;
  private tests = 0;
  private testAt = 0;
  private endedAt = -Infinity;

  constructor(private readonly options: GuardOptions) {}

  /** Why the credentials were refused; undefined while they are not. */
  get reason(): string | undefined {
    return this.held;
  }

  /** Epoch milliseconds. */
  get probeAt(): number {
    return this.testAt;
  }

  /** Tests that were refused so far; what the wait for the next one goes by. */
  get refusals(): number {
    return this.tests;
  }

  get isProbed(): boolean {
    return this.probing;
  }

  admits(): boolean {
    return !this.probing && Date.now() >= this.testAt;
  }

  /** Call when a call starts; the epoch it returns says at its end whether it still has anything to tell. */
  start(): number {
    if (this.held !== undefined) this.probing = true;
    return this.current;
  }

  isCurrent(epoch: number): boolean {
    return epoch === this.current;
  }

  refuse(reason: string): void {
    // Accepted by a test and refused by the next call: a permission is missing that the test does not need.
    const again = this.held !== undefined || Date.now() - this.endedAt < 2 * this.waitMs();
    this.tests = again ? this.tests + 1 : 0;
    this.hold(reason, Date.now() + this.waitMs());
  }

  /** The test has proved nothing: another one after the same wait. */
  undecided(): void {
    if (this.held !== undefined) this.hold(this.held, Date.now() + this.waitMs());
  }

  adopt(reason: string, probeAt: number, refusals: number): void {
    this.tests = refusals;
    this.hold(reason, probeAt);
  }

  /** The next call is the test. */
  probeNow(): void {
    this.testAt = Date.now();
  }

  end(): void {
    if (this.held === undefined) return;
    this.held = undefined;
    this.endedAt = Date.now();
    this.renew();
  }

  private hold(reason: string, testAt: number): void {
    this.held = reason;
    this.testAt = testAt;
    this.renew();
  }

  /** Calls that are under way belong to what was before. */
  private renew(): void {
    this.probing = false;
    this.current += 1;
  }

  private waitMs(): number {
    return Math.min(this.options.maxParkedProbeMs, this.options.parkedProbeMs * 2 ** this.tests);
  }
}
