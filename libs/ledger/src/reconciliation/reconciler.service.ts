import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Inquiry, InquiryError, MessagingUnavailableError, NatsConnectionProvider, TopologyWatchdog } from '@posthorn/messaging';
import { type Counter, type Gauge, Metrics } from '@posthorn/observability';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { Comparison } from './comparison.js';
import { LedgerPeer } from './ledger.peer.js';
import type { ReconciliationOptions, Subscription } from './subscription.js';
import { walksOf } from './type.marks.js';
import { Watermarks } from './watermarks.js';

const DEFAULTS = { everyMs: 30_000, hurryMs: 5_000, minAgeMs: 10_000, lateMs: 120_000 } as const;
const HURRY_FOR_MS = 60_000;
/** A process that was frozen may commit what it began long before: now and then, and at first, all of the last hour is compared. */
const FAR_BACK_MS = 60 * 60_000;
const FAR_BACK_EVERY = 20;
/** What a stream gives to a new consumer; a service without a `since` wants no more. */
const STREAM_MEMORY_MS = 72 * 60 * 60 * 1_000;

export interface ReconcilerParts {
  database: Database;
  inquiry: Inquiry;
  connection: NatsConnectionProvider;
  watchdog: TopologyWatchdog;
  metrics: Metrics;
}

/**
 * Asks, again and again, what this service has missed, and takes in what that is: after a wiped store, a deleted
 * stream, a long absence, or anything else that happens to a message between a ledger and an inbox.
 */
export class Reconciler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Reconciler.name);
  private readonly peer: LedgerPeer;
  private readonly watermarks: Watermarks;
  private readonly settings: Required<Omit<ReconciliationOptions, 'since'>>;
  private readonly runs: Counter<'publisher' | 'result'>;
  private readonly fetched: Counter<'publisher'>;
  private readonly agreed: Gauge<'publisher'>;
  private readonly complaints = new Map<string, string>();
  private readonly untyped = new Set<string>();
  private hurryUntil = 0;
  private rounds = 0;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly parts: ReconcilerParts,
    private readonly subscription: Subscription,
    private readonly options: ReconciliationOptions = {},
  ) {
    const { database, inquiry, metrics } = parts;
    const { everyMs = DEFAULTS.everyMs, hurryMs = DEFAULTS.hurryMs, minAgeMs = DEFAULTS.minAgeMs, lateMs = DEFAULTS.lateMs } = options;
    this.settings = { everyMs, hurryMs: Math.min(hurryMs, everyMs), minAgeMs, lateMs };
    this.peer = new LedgerPeer(inquiry);
    this.watermarks = new Watermarks(database);
    this.runs = metrics.counter('reconciliation_runs_total', 'Comparisons with a publisher, by what came of them', ['publisher', 'result']);
    this.fetched = metrics.counter('reconciliation_fetched_total', 'Entries that transport had lost and a publisher sent again', ['publisher']);
    this.agreed = metrics.gauge('reconciliation_agreed_timestamp_seconds', 'Up to when nothing of a publisher is missing', ['publisher']);
  }

  onApplicationBootstrap(): void {
    this.parts.connection.onConnected(() => this.hurry());
    this.parts.watchdog.onDisturbance(() => this.hurry());
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Something may be missing: compare now, and more often for a minute. */
  hurry(): void {
    this.hurryUntil = Date.now() + HURRY_FOR_MS;
    if (this.running === undefined) this.wake();
  }

  private schedule(): void {
    if (this.stopped) return;
    const { everyMs, hurryMs } = this.settings;
    const ms = Date.now() < this.hurryUntil ? hurryMs : everyMs;
    // Replicas and services that were started together would otherwise ask together for ever.
    this.timer = setTimeout(() => this.wake(), ms * (0.8 + 0.4 * Math.random())).unref();
  }

  private wake(): void {
    if (this.stopped || this.running !== undefined) return;
    clearTimeout(this.timer);
    this.running = this.compareWithAll().finally(() => {
      this.running = undefined;
      this.schedule();
    });
  }

  private async compareWithAll(): Promise<void> {
    if (!this.parts.connection.connected || this.parts.database.unavailable !== undefined) return;
    try {
      for (const publisher of await this.publishers()) {
        if (!this.stopped) await this.compareWith(publisher, this.rounds % FAR_BACK_EVERY === 0);
      }
      this.rounds += 1;
      await this.showWatermarks();
      this.complaints.delete('');
    } catch (error) {
      this.complain('', error, 'Whom to compare with could not be found out');
    }
  }

  private async publishers(): Promise<readonly string[]> {
    if (this.subscription.publishers !== undefined) return this.subscription.publishers;
    const [answering, known] = await Promise.all([this.peer.publishers(), this.watermarks.all()]);
    return [...new Set([...answering, ...known.map(({ publisher }) => publisher)])];
  }

  private async compareWith(publisher: string, farBack: boolean): Promise<void> {
    try {
      const since = this.options.since ?? new Date(Date.now() - STREAM_MEMORY_MS);
      const { types } = this.subscription;
      const watermark = await this.watermarks.claim(publisher, since, types);
      if (watermark === undefined) {
        this.count(publisher, 'elsewhere');
        return;
      }
      try {
        const { peer, watermarks, subscription } = this;
        const { minAgeMs } = this.settings;
        const lateMs = farBack ? Math.max(this.settings.lateMs, FAR_BACK_MS) : this.settings.lateMs;
        const onFetched = (count: number): void => this.fetched.inc({ publisher }, count);
        const onUntyped = (): void => this.remark(publisher);
        const tools = { peer, watermarks, subscription, minAgeMs, lateMs, onFetched, onUntyped, stopped: () => this.stopped };
        let [fetched, failed] = [0, 0];
        for (const walk of walksOf(watermark)) {
          const result = await new Comparison(tools, watermark, walk).run();
          fetched += result.fetched;
          failed += result.failed;
        }
        this.count(publisher, failed > 0 ? 'failed' : fetched > 0 ? 'repaired' : 'agreed');
        if (fetched > 0) this.report(publisher, fetched);
        this.complaints.delete(publisher);
      } finally {
        await this.watermarks.release(publisher);
      }
    } catch (error) {
      this.count(publisher, 'failed');
      this.complain(publisher, error, 'What was missed could not be found out; it will be tried again');
    }
  }

  private report(publisher: string, entries: number): void {
    this.logger.warn({ publisher, entries }, 'Entries that had been lost on the way were fetched from their publisher');
    this.hurryUntil = Date.now() + HURRY_FOR_MS;
  }

  /** Once: until it is deployed anew, each comparison brings what this service does not take. */
  private remark(publisher: string): void {
    if (this.untyped.has(publisher)) return;
    this.untyped.add(publisher);
    this.logger.warn({ publisher }, 'A publisher of an earlier release answers for all types; what is not taken here is passed over, and costs less once the publisher is deployed anew');
  }

  private async showWatermarks(): Promise<void> {
    for (const { publisher, agreedUntil } of await this.watermarks.all()) this.agreed.set({ publisher }, agreedUntil.getTime() / 1_000);
  }

  private count(publisher: string, result: 'agreed' | 'repaired' | 'failed' | 'elsewhere'): void {
    this.runs.inc({ publisher, result });
  }

  /** An outage is told by those whose it is; anything else once, until it is over or another one. */
  private complain(publisher: string, error: unknown, message: string): void {
    if (error instanceof DatabaseUnavailableError || error instanceof MessagingUnavailableError || this.stopped) return;
    const reason = error instanceof Error ? error.message : String(error);
    if (this.complaints.get(publisher) === reason) return;
    this.complaints.set(publisher, reason);
    const absent = error instanceof InquiryError && error.code !== 'INQUIRY_REFUSED';
    if (absent) this.logger.log({ publisher: publisher || undefined, reason }, 'A publisher is away; it will be asked again');
    else this.logger.error({ err: error, publisher: publisher || undefined }, message);
  }
}
