import { Client } from 'pg';
import { isAnswer } from './connection-error.js';
import { withPassword } from './postgres-pool.js';

/** No answer after so many ticks is silence. Ticks and not time: while this process stalls, answers lie unread. */
const PATIENCE_TICKS = 15;
const TICK_MS = 100;
/** When the connection of a probe that was given up is ended at last. Never before our patience ends, also if we stall. */
const PROBE_TIMEOUT_MS = 60_000;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

export interface AvailabilityOptions {
  url: string;
  password?: string;
  service: string;
  /** Runs once the server answers, before the database counts as up. */
  onAnswer: () => Promise<void>;
  onChange?: (up: boolean, reason: string | undefined) => void;
  /** A probe got no answer: whatever else was asked of the server will not be answered either. */
  onSilence?: (reason: string) => void;
}

/**
 * Knows whether Postgres answers. While it does not, a small probe on a connection of its own asks
 * again and again, so that callers need not wait to find out.
 */
export class Availability {
  private down: string | undefined = 'not connected yet';
  private probing = false;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;
  private waiters: (() => void)[] = [];
  private suspicion: Promise<string | undefined> | undefined;

  constructor(private readonly options: AvailabilityOptions) {}

  /** Why the database cannot be used now; undefined while it can. */
  get reason(): string | undefined {
    return this.down;
  }

  start(): void {
    void this.probeUntilUp();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  whenUp(): Promise<void> {
    if (this.down === undefined) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  /** The connection was lost: refuse work at once and ask until the server answers. */
  lost(reason: string): void {
    if (this.stopped) return;
    this.setDown(reason);
    void this.probeUntilUp();
  }

  /** A statement got no answer (yet): find out whether the server as a whole is silent. */
  suspect(): Promise<string | undefined> {
    if (this.down !== undefined || this.stopped) return Promise.resolve(this.down);
    this.suspicion ??= this.investigate().finally(() => (this.suspicion = undefined));
    return this.suspicion;
  }

  private async investigate(): Promise<string | undefined> {
    try {
      await this.probe();
      return this.down;
    } catch (error) {
      // A full server, or one that no longer takes our password, still serves the connections that are open.
      if (!isAnswer(error)) {
        this.lost(reasonOf(error));
        this.options.onSilence?.(reasonOf(error));
      }
      return reasonOf(error);
    }
  }

  private setDown(reason: string): void {
    const changed = this.down === undefined;
    this.down = reason;
    if (changed) this.options.onChange?.(false, reason);
  }

  private async probeUntilUp(): Promise<void> {
    if (this.probing) return;
    this.probing = true;
    for (let wait = FIRST_WAIT_MS; !this.stopped; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        await this.probe();
        await this.options.onAnswer();
        break;
      } catch (error) {
        this.down = reasonOf(error);
        if (!isAnswer(error)) this.options.onSilence?.(this.down);
        await new Promise<void>((resolve) => {
          this.timer = setTimeout(resolve, wait);
          this.timer.unref();
        });
      }
    }
    this.probing = false;
    if (this.stopped) return;
    this.down = undefined;
    this.options.onChange?.(true, undefined);
    const waiters = this.waiters;
    this.waiters = [];
    for (const waiter of waiters) waiter();
  }

  private async probe(): Promise<void> {
    const client = new Client({
      connectionString: withPassword(this.options.url, this.options.password),
      application_name: `posthorn-${this.options.service}-probe`,
      connectionTimeoutMillis: PROBE_TIMEOUT_MS,
      query_timeout: PROBE_TIMEOUT_MS,
    });
    client.on('error', () => undefined);
    const answer = (async () => {
      await client.connect();
      await client.query('SELECT 1');
    })();
    const patience = new Patience(PATIENCE_TICKS, TICK_MS);
    try {
      await Promise.race([answer, patience.atEnd]);
    } finally {
      patience.stop();
      // A silent server never answers the farewell, so nobody waits for it.
      client.end().catch(() => undefined);
    }
  }
}

/** Rejects after so many turns of a timer, each of which gave what has arrived a chance to be read. */
class Patience {
  readonly atEnd: Promise<never>;
  private timer: NodeJS.Timeout | undefined;

  constructor(ticks: number, tickMs: number) {
    this.atEnd = new Promise((_, reject) => {
      let left = ticks;
      this.timer = setInterval(() => {
        left -= 1;
        if (left === 0) reject(new Error('it does not answer'));
      }, tickMs);
    });
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
