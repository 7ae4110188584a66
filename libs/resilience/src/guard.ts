import { Bulkhead } from './bulkhead.js';
import { type CallEnd, CircuitBreaker, type CircuitState } from './circuit.breaker.js';
import { startWithDeadline } from './deadline.js';
import { type Verdict, verdictOf } from './error-verdict.table.js';
import { type GuardRejection, GuardRejectedError } from './guard-rejected.error.js';
import { type GuardOptions, guardOptions, type GuardSettings } from './guard.options.js';
import { Parking } from './parking.js';
import { ProbeAdmission, type ProbePort } from './probe.admission.js';
import { CredentialsError, ProviderError } from './provider.errors.js';
import { type RateLimitReport } from './rate-limit.report.js';
import { RateLimiter } from './rate-limiter.js';
import { type Standing } from './standing.js';

export type GuardState = CircuitState | 'isolated' | 'parked';

export interface GuardTransition {
  readonly guard: string;
  readonly from: GuardState;
  readonly to: GuardState;
  readonly reason?: string;
  readonly openUntil?: Date;
  /** True where another replica found out and this one follows. */
  readonly adopted: boolean;
}

type TransitionListener = (transition: GuardTransition) => void;
/** Without a transition where only the time of the next test has changed. */
type DecisionListener = (standing: Standing, transition: GuardTransition | undefined) => void;

/**
 * One connection's only way to its provider: bulkhead → rate limit → circuit breaker → deadline. Its states
 * beside the circuit's: `parked` while credentials are refused, `isolated` while an operator wants no calls.
 */
export class Guard {
  readonly options: GuardOptions;
  private readonly bulkhead: Bulkhead;
  private readonly limiter: RateLimiter;
  private readonly breaker: CircuitBreaker;
  private readonly parking: Parking;
  private readonly admission = new ProbeAdmission();
  private readonly transitionListeners = new Set<TransitionListener>();
  private readonly decisionListeners = new Set<DecisionListener>();
  private readonly availableListeners = new Set<() => void>();
  private isolation: string | undefined;
  private closed = false;
  private adopting = false;
  private announced: GuardState = 'closed';
  private proven = -Infinity;

  constructor(
    readonly name: string,
    settings: GuardSettings = {},
  ) {
    this.options = guardOptions.parse(settings);
    this.bulkhead = new Bulkhead(this.options.concurrency);
    this.limiter = new RateLimiter(this.options.ratePerSecond, this.options.burst);
    this.parking = new Parking(this.options);
    this.breaker = new CircuitBreaker(this.options, (to, reason) => this.circuitChanged(to, reason));
  }

  get state(): GuardState {
    if (this.isolation !== undefined) return 'isolated';
    return this.parking.reason === undefined ? this.breaker.state : 'parked';
  }

  /** Until when no call starts, as far as time alone decides: open circuit, provider's pause, next test of credentials. */
  get openUntil(): Date | undefined {
    if (this.isolation !== undefined) return undefined;
    if (this.parking.reason !== undefined) return new Date(this.parking.probeAt);
    const pause = this.limiter.pausedUntil;
    return this.breaker.openUntil ?? (pause === undefined ? undefined : new Date(pause));
  }

  /** Why calls do not flow, in a person's words; undefined while they do. */
  get reason(): string | undefined {
    const reason = this.isolation ?? this.parking.reason ?? this.breaker.reason;
    if (reason !== undefined) return reason;
    if (this.overdueCalls === this.options.concurrency) return 'every slot is held by a call that ignores its abort signal';
    return this.limiter.pausedUntil === undefined ? undefined : 'the provider asked for a pause';
  }

  /** What this guard would tell other replicas; `isolated` is not its own finding and not part of it. */
  get standing(): Standing {
    const { reason } = this.parking;
    if (reason !== undefined) return { state: 'parked', reason, until: new Date(this.parking.probeAt), failures: this.parking.refusals };
    if (this.breaker.isClosed) return { state: 'closed', failures: 0 };
    return { state: 'open', reason: this.breaker.reason, until: this.breaker.probeAt, failures: this.breaker.failures };
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
    if (this.closed || this.isolation !== undefined) return 0;
    return Math.min(this.bulkhead.free(), this.limiter.tokens(), this.gate());
  }

  /** When time alone will free a slot; undefined when a slot is free or only an event can free one. */
  availableAt(): Date | undefined {
    if (this.closed || this.isolation !== undefined || this.freeSlots() > 0) return undefined;
    const deferred = this.flows ? 0 : this.admission.deferredUntil;
    if (this.parking.reason !== undefined) return this.parking.isProbed ? undefined : new Date(Math.max(this.parking.probeAt, deferred));
    const circuit = this.breaker.openUntil;
    if (circuit !== undefined) return circuit;
    if (deferred > Date.now()) return new Date(deferred);
    return this.bulkhead.free() > 0 && this.gate() > 0 ? new Date(this.limiter.availableAt()) : undefined;
  }

  /** Runs the action under the deadline, or rejects with GuardRejectedError without having started it. */
  async run<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
    if (this.admission.isConnected && !this.flows) await this.askForProbe();
    this.limiter.take();
    this.bulkhead.enter();
    const epochs = { parking: this.parking.start(), circuit: this.breaker.start() };
    const startedAt = Date.now();
    const call = startWithDeadline(action, this.options.deadlineMs);
    this.bulkhead.hold(call.ended, this.options.deadlineMs, () => this.available());
    try {
      const value = await call.result;
      await this.ended(epochs, { ok: true, tookMs: Date.now() - startedAt });
      return value;
    } catch (error) {
      await this.ended(epochs, { ok: false, error, tookMs: Date.now() - startedAt });
      throw error;
    }
  }

  /** What the provider says is left of its own limit: calls slow down before it refuses them. */
  reportRateLimit(report: RateLimitReport | undefined): void {
    if (report !== undefined) this.limiter.report(report, Math.max(0, this.bulkhead.inFlight - 1));
  }

  /** Stops all calls until `release()`; for an operator. */
  isolate(reason: string): void {
    this.isolation = reason;
    this.announce(reason);
  }

  /** Stops calls because the credentials are refused; one call tests them again, soon at first and then ever more rarely. */
  park(reason: string): void {
    this.parking.refuse(reason);
    this.decided(reason);
  }

  /** Lets the next call test refused credentials now, rather than when its time comes: somebody may have mended them. */
  probeNow(): void {
    if (this.parking.reason === undefined || this.parking.isProbed) return;
    this.parking.probeNow();
    this.admission.hasten();
    this.available();
  }

  /** Ends isolation, parking, an open circuit and a provider's pause alike. */
  release(): void {
    this.isolation = undefined;
    this.limiter.reset();
    this.unpark();
  }

  /** Takes over what another replica has found out. Isolation stays: it is an operator's. */
  adopt({ state, reason = 'another replica did not say why', until, failures }: Standing): void {
    this.adopting = true;
    try {
      this.admission.forget();
      if (state === 'parked') this.parking.adopt(reason, until?.getTime() ?? Date.now(), failures);
      else this.parking.end();
      if (state === 'open') this.breaker.open((until?.getTime() ?? 0) - Date.now(), failures, reason);
      else this.breaker.close();
      this.announce(state === 'closed' ? undefined : reason);
    } finally {
      this.adopting = false;
    }
    this.available();
  }

  /** Asks this port before each probe, so that of many replicas one tests the provider. */
  admitProbesBy(port: ProbePort): void {
    this.admission.connect(port);
  }

  /** Returns what ends the subscription. */
  onTransition(listener: TransitionListener): () => void {
    this.transitionListeners.add(listener);
    return () => this.transitionListeners.delete(listener);
  }

  /** Told when this guard's own calls, or an order to it, have changed how the connection stands. */
  onDecision(listener: DecisionListener): () => void {
    this.decisionListeners.add(listener);
    return () => this.decisionListeners.delete(listener);
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
    for (const listeners of [this.transitionListeners, this.decisionListeners, this.availableListeners]) listeners.clear();
  }

  private get flows(): boolean {
    return this.parking.reason === undefined && this.breaker.isClosed;
  }

  private refusal(): GuardRejectedError | undefined {
    const refuse = (code: GuardRejection, why: string): GuardRejectedError =>
      new GuardRejectedError(code, `${this.name}: ${why}`, this.openUntil);
    if (this.closed) return refuse('CLOSED', 'the guard is closed, the process is stopping');
    if (this.isolation !== undefined) return refuse('ISOLATED', this.isolation);
    if (this.gate() === 0) {
      if (this.parking.reason !== undefined) return refuse('PARKED', this.parking.reason);
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
    if (this.flows) return Infinity;
    if (!this.admission.isOpen()) return 0;
    if (this.parking.reason === undefined) return this.breaker.admits();
    return this.parking.admits() ? 1 : 0;
  }

  private async askForProbe(): Promise<void> {
    await this.admission.ask();
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
  }

  private async ended(epochs: { parking: number; circuit: number }, end: CallEnd): Promise<void> {
    if (!end.ok && end.error instanceof ProviderError && end.error.retryAfterMs !== undefined) {
      this.limiter.pause(end.error.retryAfterMs);
    }
    const verdict = end.ok ? 'healthy' : verdictOf(end.error);
    // Calls that were under way when the connection was parked say nothing new.
    if (this.parking.isCurrent(epochs.parking)) this.judgeCredentials(end, verdict);
    if (verdict === 'neutral') this.breaker.undecided(epochs.circuit);
    else await this.breaker.end(epochs.circuit, end);
    if (verdict === 'healthy') {
      this.proven = Date.now();
      this.bulkhead.grow();
    }
    this.available();
  }

  private judgeCredentials(end: CallEnd, verdict: Verdict): void {
    if (!end.ok && end.error instanceof CredentialsError) this.park(end.error.message);
    else if (this.parking.reason === undefined) return;
    else if (verdict === 'healthy') this.unpark();
    else {
      this.parking.undecided();
      this.decided(this.parking.reason);
    }
  }

  private unpark(): void {
    this.parking.end();
    this.breaker.reset();
    this.decided(undefined);
    this.available();
  }

  private circuitChanged(to: CircuitState, reason: string | undefined): void {
    if (to === 'closed' && this.announced !== 'closed') this.bulkhead.shrink();
    if (this.parking.reason !== undefined) return;
    if (to === 'half-open' || this.adopting) this.announce(reason);
    else this.decided(reason);
    this.available();
  }

  private decided(reason: string | undefined): void {
    this.admission.forget();
    const transition = this.announce(reason);
    for (const listener of this.decisionListeners) listener(this.standing, transition);
  }

  private announce(reason: string | undefined): GuardTransition | undefined {
    const from = this.announced;
    const to = this.state;
    if (from === to) return undefined;
    this.announced = to;
    const transition = { guard: this.name, from, to, reason, openUntil: this.openUntil, adopted: this.adopting };
    for (const listener of this.transitionListeners) listener(transition);
    return transition;
  }

  private available(): void {
    for (const listener of this.availableListeners) listener();
  }
}
