import { type CallEnd, CircuitBreaker, type CircuitState } from './circuit.breaker.js';
import { type Verdict } from './error-verdict.table.js';
import { type GuardState } from './guard.announcements.js';
import { type GuardRejection } from './guard-rejected.error.js';
import { type GuardOptions } from './guard.options.js';
import { Parking } from './parking.js';
import { ProbeAdmission, type ProbePort } from './probe.admission.js';
import { CredentialsError } from './provider.errors.js';
import { type Standing } from './standing.js';

export interface GateListener {
  /** The state may be another. `adopted`: another replica found out. */
  changed(reason: string | undefined, adopted: boolean): void;
  /** This replica's own calls, or an order, have changed how the connection stands. */
  decided(reason: string | undefined): void;
  circuitClosed(): void;
  available(): void;
}

/** Which circuit and which parking a call belongs to: what came after it is not judged by it. */
export interface Passage {
  readonly parking: number;
  readonly circuit: number;
}

/** Whether calls may go to the provider at all: an operator's isolation, refused credentials, the circuit, and who may probe. */
export class ProviderGate {
  private readonly breaker: CircuitBreaker;
  private readonly parking: Parking;
  private readonly admission = new ProbeAdmission();
  private isolation: string | undefined;
  private adopting = false;

  constructor(
    options: GuardOptions,
    private readonly listener: GateListener,
  ) {
    this.parking = new Parking(options);
    this.breaker = new CircuitBreaker(options, (to, reason) => this.circuitChanged(to, reason));
  }

  get state(): GuardState {
    if (this.isolation !== undefined) return 'isolated';
    return this.parking.reason === undefined ? this.breaker.state : 'parked';
  }

  get reason(): string | undefined {
    return this.isolation ?? this.parking.reason ?? this.breaker.reason;
  }

  /** Until when the circuit is open, or credentials are not tested. */
  get openUntil(): Date | undefined {
    if (this.isolation !== undefined) return undefined;
    return this.parking.reason === undefined ? this.breaker.openUntil : new Date(this.parking.probeAt);
  }

  get standing(): Standing {
    const { reason } = this.parking;
    if (reason !== undefined) return { state: 'parked', reason, until: new Date(this.parking.probeAt), failures: this.parking.refusals };
    if (this.breaker.isClosed) return { state: 'closed', failures: 0 };
    return { state: 'open', reason: this.breaker.reason, until: this.breaker.probeAt, failures: this.breaker.failures };
  }

  /** How many calls may pass now: a test of credentials goes before the circuit's own probe. */
  slots(): number {
    if (this.isolation !== undefined) return 0;
    if (this.flows) return Infinity;
    if (!this.admission.isOpen()) return 0;
    if (this.parking.reason === undefined) return this.breaker.admits();
    return this.parking.admits() ? 1 : 0;
  }

  /** When time alone opens it; undefined where it is open, or where only an event can open it. */
  opensAt(): Date | undefined {
    if (this.isolation !== undefined) return undefined;
    const deferred = this.flows ? 0 : this.admission.deferredUntil;
    if (this.parking.reason !== undefined) return this.parking.isProbed ? undefined : new Date(Math.max(this.parking.probeAt, deferred));
    return this.breaker.openUntil ?? (deferred > Date.now() ? new Date(deferred) : undefined);
  }

  /** Why nothing passes now; undefined while something does. */
  refusal(): { code: GuardRejection; why: string } | undefined {
    if (this.isolation !== undefined) return { code: 'ISOLATED', why: this.isolation };
    if (this.slots() > 0) return undefined;
    if (this.parking.reason !== undefined) return { code: 'PARKED', why: this.parking.reason };
    return { code: 'CIRCUIT_OPEN', why: this.breaker.reason ?? 'the circuit is open' };
  }

  /** Whether the next call is a probe that other replicas have to be asked about. */
  get asksFirst(): boolean {
    return this.admission.isConnected && !this.flows;
  }

  ask(): Promise<void> {
    return this.admission.ask();
  }

  admitProbesBy(port: ProbePort): void {
    this.admission.connect(port);
  }

  /** Call when a call starts; what it returns goes with the call's end. */
  enter(): Passage {
    return { parking: this.parking.start(), circuit: this.breaker.start() };
  }

  async leave(passage: Passage, end: CallEnd, verdict: Verdict): Promise<void> {
    // Calls that were under way when the connection was parked say nothing new.
    if (this.parking.isCurrent(passage.parking)) this.judgeCredentials(end, verdict);
    if (verdict === 'neutral') this.breaker.undecided(passage.circuit);
    else await this.breaker.end(passage.circuit, end);
  }

  isolate(reason: string): void {
    this.isolation = reason;
    this.listener.changed(reason, this.adopting);
  }

  park(reason: string): void {
    this.parking.refuse(reason);
    this.decided(reason);
  }

  probeNow(): void {
    if (this.parking.reason === undefined || this.parking.isProbed) return;
    this.parking.probeNow();
    this.admission.hasten();
    this.listener.available();
  }

  /** Ends isolation, parking and an open circuit alike. */
  release(): void {
    this.isolation = undefined;
    this.unpark();
  }

  /** Isolation stays: it is an operator's. */
  adopt({ state, reason = 'another replica did not say why', until, failures }: Standing): void {
    this.adopting = true;
    try {
      this.admission.forget();
      if (state === 'parked') this.parking.adopt(reason, until?.getTime() ?? Date.now(), failures);
      else this.parking.end();
      if (state === 'open') this.breaker.open((until?.getTime() ?? 0) - Date.now(), failures, reason);
      else this.breaker.close();
      this.listener.changed(state === 'closed' ? undefined : reason, this.adopting);
    } finally {
      this.adopting = false;
    }
    this.listener.available();
  }

  close(): void {
    this.breaker.shutdown();
  }

  private get flows(): boolean {
    return this.parking.reason === undefined && this.breaker.isClosed;
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
    this.listener.available();
  }

  private circuitChanged(to: CircuitState, reason: string | undefined): void {
    if (to === 'closed') this.listener.circuitClosed();
    if (this.parking.reason !== undefined) return;
    if (to === 'half-open' || this.adopting) this.listener.changed(reason, this.adopting);
    else this.decided(reason);
    this.listener.available();
  }

  private decided(reason: string | undefined): void {
    this.admission.forget();
    this.listener.decided(reason);
  }
}
