import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Gauge, Metrics } from '@posthorn/observability';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';

const EVERY_MS = 5_000;

const WAITING = `
  SELECT site, state, count(*)::int AS waiting, extract(epoch FROM min(received_at))::float8 AS oldest
    FROM quarantine WHERE decided_at IS NULL GROUP BY site, state`;

/** Knows roughly what waits: for metrics, and so that who has nothing held is not asked about it. */
@Injectable()
export class QuarantineWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(QuarantineWatch.name);
  private readonly waiting: Gauge<'site' | 'state'>;
  private readonly oldest: Gauge<'site' | 'state'>;
  private holding: ReadonlySet<string> = new Set();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private failing = false;

  constructor(
    private readonly database: Database,
    metrics: Metrics,
  ) {
    this.waiting = metrics.gauge('ingress_quarantine_waiting', 'What is set aside and waits for a decision', ['site', 'state']);
    this.oldest = metrics.gauge('ingress_quarantine_oldest_timestamp_seconds', 'When the oldest of it came', ['site', 'state']);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), EVERY_MS).unref();
    void this.look();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Whether events of the site are held: by this replica at once, by others seconds later. */
  holdsFor(site: string): boolean {
    return this.holding.has(site);
  }

  noteHeld(site: string): void {
    if (!this.holding.has(site)) this.holding = new Set([...this.holding, site]);
  }

  look(): Promise<void> {
    this.running ??= this.count().finally(() => (this.running = undefined));
    return this.running;
  }

  private async count(): Promise<void> {
    if (this.database.unavailable !== undefined) return;
    try {
      const rows = await this.database.query<{ site: string; state: string; waiting: number; oldest: number }>(WAITING);
      this.holding = new Set(rows.filter(({ state }) => state === 'held').map(({ site }) => site));
      this.waiting.reset();
      this.oldest.reset();
      for (const { site, state, waiting, oldest } of rows) {
        this.waiting.set({ site, state }, waiting);
        this.oldest.set({ site, state }, oldest);
      }
      this.failing = false;
    } catch (error) {
      if (!this.failing && !(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'What waits for a decision could not be counted; it will be tried again');
      this.failing = true;
    }
  }
}
