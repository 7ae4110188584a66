import { Bulkhead } from './bulkhead.js';
import { type CallEnd, CircuitBreaker, type CircuitState } from './circuit.breaker.js';
import { startWithDeadline } from './deadline.js';
import { verdictOf } from './error-verdict.table.js';
import { type GuardRejection, GuardRejectedError } from './guard-rejected.error.js';
import { type GuardOptions, guardOptions, type GuardSettings } from './guard.options.js';
import { CredentialsError, ProviderError } from './provider.errors.js';
import { RateLimiter } from './rate-limiter.js';

export type GuardState = CircuitState | 'isolated' | 'parked';

export interface GuardTransition {
  readonly guard: string;
  readonly from: GuardState;
  readonly to: GuardState;
  readonly reason?: string;
  readonly openUntil?: Date;
}

interface Parking {
  readonly reason: string;
  probeAt: number;
  probing: boolean;
}

/**
 * One connection's only way to its provider: bulkhead → rate limit → circuit breaker → deadline. Its states
 * beside the circuit's: `parked` while credentials are refused, `isolated` while an operator wants no calls.
 */
export class Guard {
  readonly options: GuardOptions;
  private readonly bulkhead: Bulkhead;
  private readonly limiter: RateLimiter;
  private readonly breaker: CircuitBreaker;
  private readonly transitionListeners = new Set<(transition: GuardTransition) => void>();
  private readonly availableListeners = new Set<() => void>();
  private overdue = 0;
  private isolation: string | undefined;
  private parking: Parking | undefined;
  private closed = false;
  private announced: GuardState = 'closed';

  constructor(
    readonly name: string,
    settings: GuardSettings = {},
  ) {
    this.options = guardOptions.parse(settings);
    this.bulkhead = new Bulkhead(this.options.concurrency);
    this.limiter = new RateLimiter(this.options.ratePerSecond, this.options.burst);
    this.breaker = new CircuitBreaker(this.options, (to, reason) => this.circuitChanged(to, reason));
  }

  get state(): GuardState {
    if (this.isolation !== undefined) return 'isolated';
    return this.parking === undefined ? this.breaker.state : 'parked';
  }

  /** Until when no call starts, as far as time alone decides: open circuit, provider's pause, next test of credentials. */
  get openUntil(): Date | undefined {
    if (this.isolation !== undefined) return undefined;
    if (this.parking !== undefined) return new Date(this.parking.probeAt);
    const pause = this.limiter.pausedUntil;
    return this.breaker.openUntil ?? (pause === undefined ? undefined : new Date(pause));
  }

  /** Why calls do not flow, in a person's words; undefined while they do. */
  get reason(): string | undefined {
    if (this.isolation !== undefined) return this.isolation;
    if (this.parking !== undefined) return this.parking.reason;
    if (this.breaker.reason !== undefined) return this.breaker.reason;
    if (this.overdue === this.options.concurrency) return 'every slot is held by a call that ignores its abort signal';
    return this.limiter.pausedUntil === undefined ? undefined : 'the provider asked for a pause';
  }

  /** Calls that ran past their deadline and have not ended yet; each still holds its slot. */
  get overdueCalls(): number {
    return this.overdue;
  }

  /** How many calls may start now: what to claim, no more. */
  freeSlots(): number {
    if (this.closed || this.isolation !== undefined) return 0;
    return Math.min(this.bulkhead.free(), this.limiter.tokens(), this.gate());
  }

  /** When time alone will free a slot; undefined when a slot is free or only an event can free one. */
  availableAt(): Date | undefined {
    if (this.closed || this.isolation !== undefined || this.freeSlots() > 0) return undefined;
    if (this.parking !== undefined) return this.parking.probing ? undefined : new Date(this.parking.probeAt);
    const circuit = this.breaker.openUntil;
    if (circuit !== undefined) return circuit;
    return this.bulkhead.free() > 0 && this.gate() > 0 ? new Date(this.limiter.availableAt()) : undefined;
  }

  /** Runs the action under the deadline, or rejects with GuardRejectedError without having started it. */
  async run<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
    this.limiter.take();
    this.bulkhead.enter();
    const probing = this.parking;
    if (probing !== undefined) probing.probing = true;
    const epoch = this.breaker.start();
    const startedAt = Date.now();
    const call = startWithDeadline(action, this.options.deadlineMs);
    this.holdSlot(call.ended);
    try {
      const value = await call.result;
      await this.ended(epoch, probing, { ok: true, tookMs: Date.now() - startedAt });
      return value;
    } catch (error) {
      await this.ended(epoch, probing, { ok: false, error, tookMs: Date.now() - startedAt });
      throw error;
    }
  }

  /** Stops all calls until `release()`; for an operator. */
  isolate(reason: string): void {
    this.isolation = reason;
    this.announce(reason);
  }

  /** Stops calls because the credentials are refused; one call per `parkedProbeMs` tests them again. */
  park(reason: string): void {
    const probeAt = Date.now() + this.options.parkedProbeMs;
    this.parking = { reason, probeAt, probing: false };
    this.announce(reason);
  }

  /** Lets the next call test refused credentials now, rather than when its time comes: somebody may have mended them. */
  probeNow(): void {
    if (this.parking === undefined || this.parking.probing) return;
    this.parking.probeAt = Date.now();
    this.available();
  }

  /** Ends isolation, parking, an open circuit and a provider's pause alike. */
  release(): void {
    this.isolation = undefined;
    this.parking = undefined;
    this.limiter.reset();
    this.breaker.reset();
    this.announce(undefined);
    this.available();
  }

  /** Returns what ends the subscription. */
  onTransition(listener: (transition: GuardTransition) => void): () => void {
    this.transitionListeners.add(listener);
    return () => this.transitionListeners.delete(listener);
  }

  /** Told when an event may have freed a slot; what time frees is told by `availableAt()`. */
  onAvailable(listener: () => void): () => void {
    this.availableListeners.add(listener);
    return () => this.availableListeners.delete(listener);
  }

  /** Refuses new calls; running ones go on. */
  close(): void {
    this.closed = true;
    this.breaker.shutdown();
    this.transitionListeners.clear();
    this.availableListeners.clear();
  }

  private refusal(): GuardRejectedError | undefined {
    const refuse = (code: GuardRejection, why: string): GuardRejectedError =>
      new GuardRejectedError(code, `${this.name}: ${why}`, this.openUntil);
    if (this.closed) return refuse('CLOSED', 'the guard is closed, the process is stopping');
    if (this.isolation !== undefined) return refuse('ISOLATED', this.isolation);
    if (this.gate() === 0) {
      if (this.parking !== undefined) return refuse('PARKED', this.parking.reason);
      return refuse('CIRCUIT_OPEN', this.breaker.reason ?? 'the circuit is open');
    }
    if (this.bulkhead.free() === 0) return refuse('BULKHEAD_FULL', `${this.bulkhead.inFlight} calls are running`);
    if (this.limiter.tokens() === 0) {
      return new GuardRejectedError('RATE_LIMITED', `${this.name}: the rate limit is reached`, new Date(this.limiter.availableAt()));
    }
    return undefined;
  }

  /** What circuit and parking let through: a test of credentials goes before the circuit's own probe. */
  private gate(): number {
    if (this.parking === undefined) return this.breaker.admits();
    return !this.parking.probing && Date.now() >= this.parking.probeAt ? 1 : 0;
  }

  private holdSlot(ended: Promise<void>): void {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      this.overdue += 1;
    }, this.options.deadlineMs);
    void ended.then(() => {
      clearTimeout(deadline);
      if (late) this.overdue -= 1;
      this.bulkhead.leave();
      this.available();
    });
  }

  private async ended(epoch: number, probing: Parking | undefined, end: CallEnd): Promise<void> {
    if (!end.ok && end.error instanceof ProviderError && end.error.retryAfterMs !== undefined) {
      this.limiter.pause(end.error.retryAfterMs);
    }
    const refusal = !end.ok && end.error instanceof CredentialsError ? end.error : undefined;
    const healthy = end.ok || verdictOf(end.error) === 'healthy';
    if (refusal !== undefined) {
      // Calls that were under way when the connection was parked say nothing new.
      if (this.parking === probing) this.park(refusal.message);
    } else if (probing !== undefined && this.parking === probing) {
      if (healthy) this.release();
      else Object.assign(probing, { probing: false, probeAt: Date.now() + this.options.parkedProbeMs });
    }
    await this.breaker.end(epoch, end);
    if (healthy) this.bulkhead.grow();
    this.available();
  }

  private circuitChanged(to: CircuitState, reason: string | undefined): void {
    if (to === 'closed' && this.announced !== 'closed') this.bulkhead.shrink();
    if (this.isolation === undefined && this.parking === undefined) this.announce(reason);
    this.available();
  }

  private announce(reason: string | undefined): void {
    const from = this.announced;
    const to = this.state;
    if (from === to) return;
    this.announced = to;
    const transition: GuardTransition = { guard: this.name, from, to, reason, openUntil: this.openUntil };
    for (const listener of this.transitionListeners) listener(transition);
  }

  private available(): void {
    for (const listener of this.availableListeners) listener();
  }
}
