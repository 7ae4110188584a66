import Opossum from 'opossum';
import { verdictOf } from './error-verdict.table.js';
import { type GuardOptions } from './guard.options.js';
import { UnknownOutcomeError } from './provider.errors.js';
import { RollingRate } from './rolling-rate.js';

export type CircuitState = 'closed' | 'open' | 'half-open';
/** How long the circuit will be open, and why. */
interface Opening {
  readonly ms: number;
  readonly failures: number;
  readonly reason: string;
}
export type CallEnd = { readonly ok: true; readonly tookMs: number } | { readonly ok: false; readonly error: unknown; readonly tookMs: number };

const DEFAULT_SLOW_RATE = 0.8;
const JITTER = 0.2;

/**
 * The circuit around one provider. opossum is told each call's end, not its start: it would count a call as
 * fired when it starts and as failed when it ends, so that calls as long as its window never opened it.
 * Ends that belong to an earlier state are ignored: a call from before the outage must not close a half-open circuit.
 */
export class CircuitBreaker {
  private circuit: Opossum<[CallEnd], void>;
  private readonly slow: RollingRate | undefined;
  /** The state that was announced last; opossum's own is already the next one when its listeners run. */
  private phase: CircuitState = 'closed';
  private current = 0;
  private probe = false;
  private openings = 0;
  private closedAt = -Infinity;
  private opensUntil: number | undefined;
  /** Decided before the circuit is opened, where it is not for its own calls to decide. */
  private planned: Opening | undefined;
  private lastFailure = '';
  private opening = '';

  constructor(
    private readonly options: GuardOptions,
    private readonly onChange: (to: CircuitState, reason: string | undefined) => void,
    private readonly random: () => number = Math.random,
  ) {
    this.slow = options.slowCallMs === undefined ? undefined : new RollingRate(this.windowMs);
    this.circuit = this.newCircuit();
  }

  get state(): CircuitState {
    if (this.circuit.halfOpen) return 'half-open';
    return this.circuit.closed ? 'closed' : 'open';
  }

  get isClosed(): boolean {
    return this.circuit.closed;
  }

  /** Probes that failed since the circuit opened. */
  get failures(): number {
    return this.openings;
  }

  /** Also while half-open: when it became, or becomes, so. */
  get probeAt(): Date | undefined {
    return this.circuit.closed || this.opensUntil === undefined ? undefined : new Date(this.opensUntil);
  }

  get openUntil(): Date | undefined {
    return this.state === 'open' && this.opensUntil !== undefined ? new Date(this.opensUntil) : undefined;
  }

  get reason(): string | undefined {
    return this.state === 'closed' ? undefined : this.opening;
  }

  /** Calls the circuit lets through now: all, none, or the one probe. */
  admits(): number {
    if (this.circuit.closed) return Infinity;
    return this.circuit.halfOpen && !this.probe ? 1 : 0;
  }

  /** Call when a call starts; the epoch it returns goes with its end. */
  start(): number {
    if (this.circuit.halfOpen) this.probe = true;
    return this.current;
  }

  async end(epoch: number, end: CallEnd): Promise<void> {
    if (epoch !== this.current) return;
    const { slowCallMs, slowCallRate = DEFAULT_SLOW_RATE, volumeThreshold } = this.options;
    const isSlow = end.ok && slowCallMs !== undefined && end.tookMs >= slowCallMs;
    if (isSlow && this.circuit.halfOpen) {
      await this.tell({ ok: false, tookMs: end.tookMs, error: new UnknownOutcomeError('SLOW_PROBE', `the probe took ${end.tookMs} ms`) });
      return;
    }
    await this.tell(end);
    if (this.slow === undefined || !end.ok || epoch !== this.current) return;
    const { total, rate } = this.slow.count(isSlow);
    if (total >= volumeThreshold && rate >= slowCallRate) {
      this.lastFailure = `${Math.round(rate * 100)} % of ${total} calls took ${slowCallMs} ms or longer`;
      this.circuit.open();
    }
  }

  /** A call that proved nothing. Was it the probe, then the circuit stays open for as long again, and no longer. */
  undecided(epoch: number): void {
    if (epoch === this.current && this.circuit.halfOpen) this.reopen({ ms: this.openMs(), failures: this.openings, reason: this.opening });
  }

  /** Another replica has found out. */
  open(ms: number, failures: number, reason: string): void {
    this.reopen({ ms: Math.max(1, ms), failures, reason });
  }

  close(): void {
    if (!this.circuit.closed) this.circuit.close();
  }

  /** Closes and forgets what was counted; an operator's decision. */
  reset(): void {
    if (this.circuit.closed) this.renew();
    else this.circuit.close();
    this.openings = 0;
  }

  shutdown(): void {
    this.current += 1;
    this.circuit.shutdown();
  }

  private async tell(end: CallEnd): Promise<void> {
    if (!end.ok) this.lastFailure = describe(end.error);
    // It rejects with the call's own error, which the caller has already.
    await this.circuit.fire(end).catch(() => undefined);
  }

  /** A provider that answers nothing must fill the volume threshold within the window, even one call at a time. */
  private get windowMs(): number {
    const { windowMs, deadlineMs, volumeThreshold, concurrency } = this.options;
    return Math.max(windowMs, Math.ceil((deadlineMs * (volumeThreshold + 1)) / concurrency));
  }

  private newCircuit(): Opossum<[CallEnd], void> {
    // opossum keeps this very object and reads it anew each time it opens.
    const settings: Opossum.Options = {
      timeout: false,
      // opossum opens *above* its threshold; ours reads "at least".
      errorThresholdPercentage: this.options.errorRate * 100 - 1e-9,
      volumeThreshold: this.options.volumeThreshold,
      rollingCountTimeout: this.windowMs,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      resetTimeout: this.options.openMs,
      errorFilter: (error: unknown) => verdictOf(error) === 'healthy',
    };
    const circuit = new Opossum<[CallEnd], void>((end) => (end.ok ? Promise.resolve() : Promise.reject(errorOf(end.error))), settings);
    // Before opossum's own listener, which starts its timer from `resetTimeout`.
    circuit.prependListener('open', () => {
      const { ms, failures, reason } = this.planned ?? this.ownOpening();
      this.planned = undefined;
      settings.resetTimeout = ms;
      this.opensUntil = Date.now() + ms;
      this.openings = failures;
      this.opening = reason;
    });
    circuit.on('open', () => this.changed('open', this.opening));
    circuit.on('halfOpen', () => this.changed('half-open', this.opening));
    circuit.on('close', () => {
      this.closedAt = Date.now();
      this.renew();
      this.changed('closed', undefined);
    });
    return circuit;
  }

  /** opossum keeps the failures of before the outage in its window, so that one more would open it again at once. */
  private renew(): void {
    this.circuit.shutdown();
    this.slow?.clear();
    this.circuit = this.newCircuit();
  }

  private reopen(opening: Opening): void {
    this.planned = opening;
    // opossum starts no timer anew while it is open.
    if (this.circuit.opened) {
      this.circuit.shutdown();
      this.circuit = this.newCircuit();
    }
    this.circuit.open();
  }

  private ownOpening(): Opening {
    const again = this.phase === 'half-open' || Date.now() - this.closedAt < this.windowMs;
    const failures = again ? this.openings + 1 : 0;
    return { ms: this.openMs(failures), failures, reason: this.lastFailure };
  }

  private openMs(failures = this.openings): number {
    const { openMs, maxOpenMs } = this.options;
    return Math.round(Math.min(maxOpenMs, openMs * 2 ** failures) * (1 + JITTER * this.random()));
  }

  private changed(to: CircuitState, reason: string | undefined): void {
    this.phase = to;
    this.current += 1;
    this.probe = false;
    this.onChange(to, reason);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'failing calls';
  return 'code' in error && typeof error.code === 'string' ? `${error.code}: ${error.message}` : error.message;
}

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
