import { Bulkhead } from './bulkhead.js';
import { type CallEnd } from './circuit.breaker.js';
import { startWithDeadline } from './deadline.js';
import { verdictOf } from './error-verdict.table.js';
import { type DecisionListener, GuardAnnouncements, type GuardState, type GuardTransition, type TransitionListener } from './guard.announcements.js';
import { GuardRejectedError } from './guard-rejected.error.js';
import { type GuardOptions, guardOptions, type GuardSettings } from './guard.options.js';
import { type ProbePort } from './probe.admission.js';
import { type Passage, ProviderGate } from './provider.gate.js';
import { ProviderError } from './provider.errors.js';
import { type RateLimitReport } from './rate-limit.report.js';
import { RateLimiter } from './rate-limiter.js';
import { type Standing } from './standing.js';

/**
 * One connection's only way to its provider: bulkhead → rate limit → circuit breaker → deadline. Its states
 * beside the circuit's: `parked` while credentials are refused, `isolated` while an operator wants no calls.
 */
export class Guard {
  readonly options: GuardOptions;
  private readonly bulkhead: Bulkhead;
  private readonly limiter: RateLimiter;
  private readonly gate: ProviderGate;
  private readonly announcements: GuardAnnouncements;
  private closed = false;
  private proven = -Infinity;

  constructor(
    readonly name: string,
    settings: GuardSettings = {},
  ) {
    this.options = guardOptions.parse(settings);
    this.announcements = new GuardAnnouncements(name);
    this.bulkhead = new Bulkhead(this.options.concurrency);
    this.limiter = new RateLimiter(this.options.ratePerSecond, this.options.burst);
    this.gate = new ProviderGate(this.options, {
      changed: (reason, adopted) => void this.announce(reason, adopted),
      decided: (reason) => {
        const transition = this.announce(reason, false);
        this.announcements.decision(this.standing, transition);
      },
      circuitClosed: () => {
        if (this.announcements.state !== 'closed') this.bulkhead.shrink();
      },
      available: () => this.announcements.available(),
    });
  }

  get state(): GuardState {
    return this.gate.state;
  }

  /** Until when no call starts, as far as time alone decides: open circuit, provider's pause, next test of credentials. */
  get openUntil(): Date | undefined {
    const until = this.gate.openUntil;
    const pause = this.limiter.pausedUntil;
    return until !== undefined || this.state === 'isolated' || pause === undefined ? until : new Date(pause);
  }

  /** Why calls do not flow, in a person's words; undefined while they do. */
  get reason(): string | undefined {
    const { reason } = this.gate;
    if (reason !== undefined) return reason;
    if (this.overdueCalls === this.options.concurrency) return 'every slot is held by a call that ignores its abort signal';
    return this.limiter.pausedUntil === undefined ? undefined : 'the provider asked for a pause';
  }

  /** What this guard would tell other replicas; `isolated` is not its own finding and not part of it. */
  get standing(): Standing {
    return this.gate.standing;
  }

  /** Calls that ran past their deadline and have not ended yet; each still holds its slot. */
  get overdueCalls(): number {
    return this.bulkhead.overdue;
  }

  /** Epoch milliseconds of the last answer that proved the credentials good. */
  get provenAt(): number {
    return this.proven;
  }

  /** How many calls may start now: what to claim, no more. */
  freeSlots(): number {
    return this.closed ? 0 : Math.min(this.bulkhead.free(), this.limiter.tokens(), this.gate.slots());
  }

  /** When time alone will free a slot; undefined when a slot is free or only an event can free one. */
  availableAt(): Date | undefined {
    if (this.closed || this.freeSlots() > 0) return undefined;
    const opensAt = this.gate.opensAt();
    if (opensAt !== undefined) return opensAt;
    return this.bulkhead.free() > 0 && this.gate.slots() > 0 ? new Date(this.limiter.availableAt()) : undefined;
  }

  /** Runs the action under the deadline, or rejects with GuardRejectedError without having started it. */
  async run<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.refuse();
    if (this.gate.asksFirst) {
      await this.gate.ask();
      this.refuse();
    }
    this.limiter.take();
    this.bulkhead.enter();
    const passage = this.gate.enter();
    const startedAt = Date.now();
    const call = startWithDeadline(action, this.options.deadlineMs);
    this.bulkhead.hold(call.ended, this.options.deadlineMs, () => this.announcements.available());
    try {
      const value = await call.result;
      await this.ended(passage, { ok: true, tookMs: Date.now() - startedAt });
      return value;
    } catch (error) {
      await this.ended(passage, { ok: false, error, tookMs: Date.now() - startedAt });
      throw error;
    }
  }

  /** What the provider says is left of its own limit: calls slow down before it refuses them. */
  reportRateLimit(report: RateLimitReport | undefined): void {
    if (report !== undefined) this.limiter.report(report, Math.max(0, this.bulkhead.inFlight - 1));
  }

  /** Stops all calls until `release()`; for an operator. */
  isolate(reason: string): void {
    this.gate.isolate(reason);
  }

  /** Stops calls because the credentials are refused; one call tests them again, soon at first and then ever more rarely. */
  park(reason: string): void {
    this.gate.park(reason);
  }

  /** Lets the next call test refused credentials now, rather than when its time comes: somebody may have mended them. */
  probeNow(): void {
    this.gate.probeNow();
  }

  /** Ends isolation, parking, an open circuit and a provider's pause alike. */
  release(): void {
    this.limiter.reset();
    this.gate.release();
  }

  /** Takes over what another replica has found out. Isolation stays: it is an operator's. */
  adopt(standing: Standing): void {
    this.gate.adopt(standing);
  }

  /** Asks this port before each probe, so that of many replicas one tests the provider. */
  admitProbesBy(port: ProbePort): void {
    this.gate.admitProbesBy(port);
  }

  /** Returns what ends the subscription. */
  onTransition(listener: TransitionListener): () => void {
    return this.announcements.onTransition(listener);
  }

  /** Told when this guard's own calls, or an order to it, have changed how the connection stands. */
  onDecision(listener: DecisionListener): () => void {
    return this.announcements.onDecision(listener);
  }

  /** Told when an event may have freed a slot; what time frees is told by `availableAt()`. */
  onAvailable(listener: () => void): () => void {
    return this.announcements.onAvailable(listener);
  }

  /** Refuses new calls; running ones go on. */
  close(): void {
    this.closed = true;
    this.gate.close();
    this.announcements.close();
  }

  private refuse(): void {
    if (this.closed) throw new GuardRejectedError('CLOSED', `${this.name}: the guard is closed, the process is stopping`, this.openUntil);
    const refusal = this.gate.refusal();
    if (refusal !== undefined) throw new GuardRejectedError(refusal.code, `${this.name}: ${refusal.why}`, this.openUntil);
    if (this.bulkhead.free() === 0) throw new GuardRejectedError('BULKHEAD_FULL', `${this.name}: ${this.bulkhead.inFlight} calls are running`, this.openUntil);
    if (this.limiter.tokens() === 0) throw new GuardRejectedError('RATE_LIMITED', `${this.name}: the rate limit is reached`, new Date(this.limiter.availableAt()));
  }

  private async ended(passage: Passage, end: CallEnd): Promise<void> {
    if (!end.ok && end.error instanceof ProviderError && end.error.retryAfterMs !== undefined) {
      this.limiter.pause(end.error.retryAfterMs);
    }
    const verdict = end.ok ? 'healthy' : verdictOf(end.error);
    await this.gate.leave(passage, end, verdict);
    if (verdict === 'healthy') {
      this.proven = Date.now();
      this.bulkhead.grow();
    }
    this.announcements.available();
  }

  private announce(reason: string | undefined, adopted: boolean): GuardTransition | undefined {
    return this.announcements.transition(this.state, { reason, openUntil: this.openUntil, adopted });
  }
}
