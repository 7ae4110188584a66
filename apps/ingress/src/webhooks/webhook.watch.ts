import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Counter, HealthRegistry, Metrics } from '@posthorn/observability';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { type WebhookSource, WebhookSources } from './webhook.sources.js';

export type DeliveryResult = 'accepted' | 'repeated' | 'passed-over' | 'set-aside' | 'unauthentic' | 'failed';

const EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Now, in milliseconds; a test has another. */
export const WEBHOOK_CLOCK = Symbol('WEBHOOK_CLOCK');

/** Watches the sources: what became of what they sent, and which have gone quiet, as shops do without telling anybody. */
@Injectable()
export class WebhookWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(WebhookWatch.name);
  private readonly counter: Counter<'source' | 'result'>;
  private readonly heard = new Map<string, number>();
  private readonly quiet = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sources: WebhookSources,
    private readonly database: Database,
    metrics: Metrics,
    health: HealthRegistry,
    @Inject(WEBHOOK_CLOCK) private readonly now: () => number,
  ) {
    this.counter = metrics.counter('ingress_webhooks_total', 'Deliveries of webhooks, by what became of them', ['source', 'result']);
    metrics.gauge('ingress_webhook_silence_seconds', 'Time since a genuine delivery of the source, to any replica', ['source'], (gauge) => {
      for (const { id } of sources.all) gauge.set({ source: id }, this.silenceMs(id) / 1_000);
    });
    metrics.gauge('ingress_webhook_quiet', 'Whether the source has been silent for longer than its quietAfterHours', ['source'], (gauge) => {
      for (const source of sources.all) if (source.quietAfterHours !== undefined) gauge.set({ source: source.id }, this.isQuiet(source) ? 1 : 0);
    });
    for (const source of sources.all) {
      health.remark(`webhooks ${source.id}`, () => (this.isQuiet(source) ? `nothing has come for ${Math.floor(this.silenceMs(source.id) / HOUR_MS)} hours; look whether the sender has disabled the webhook` : undefined));
    }
  }

  note({ id }: WebhookSource, result: DeliveryResult): void {
    this.counter.inc({ source: id, result });
    if (result !== 'unauthentic') this.heard.set(id, this.now());
  }

  onApplicationBootstrap(): void {
    if (this.sources.all.length === 0) return;
    this.timer = setInterval(() => void this.look(), EVERY_MS).unref();
    void this.look();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Shares with the other replicas, and the next start, when each source was heard last; and says once who is quiet. */
  async look(): Promise<void> {
    try {
      await this.share();
    } catch (error) {
      // An outage is told by those whose it is.
      if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'When webhooks came last could not be noted; it will be tried again');
    }
    for (const source of this.sources.all) {
      if (!this.isQuiet(source)) this.quiet.delete(source.id);
      else if (!this.quiet.has(source.id)) {
        this.quiet.add(source.id);
        this.logger.warn({ source: source.id, site: source.site, quietAfterHours: source.quietAfterHours }, 'A source of webhooks has gone quiet; its sender may have disabled it');
      }
    }
  }

  private async share(): Promise<void> {
    const ids = this.sources.all.map(({ id }) => id);
    // A source that was never heard counts from when it was first configured.
    const rows = await this.database.query<{ source: string; at: Date }>(
      `INSERT INTO webhook_sources (source, heard_at) SELECT * FROM unnest($1::text[], $2::timestamptz[])
       ON CONFLICT (source) DO UPDATE SET heard_at = CASE WHEN EXCLUDED.source = ANY ($3::text[]) THEN greatest(webhook_sources.heard_at, EXCLUDED.heard_at) ELSE webhook_sources.heard_at END
       RETURNING source, heard_at AS at`,
      [ids, ids.map((id) => new Date(this.heard.get(id) ?? this.now()).toISOString()), [...this.heard.keys()]],
    );
    for (const { source, at } of rows) this.heard.set(source, Math.max(at.getTime(), this.heard.get(source) ?? 0));
  }

  private silenceMs(id: string): number {
    return Math.max(0, this.now() - (this.heard.get(id) ?? this.now()));
  }

  private isQuiet({ id, quietAfterHours }: WebhookSource): boolean {
    return quietAfterHours !== undefined && this.silenceMs(id) >= quietAfterHours * HOUR_MS;
  }
}
