import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database, DatabaseUnavailableError, type Transaction } from '@posthorn/persistence';
import { RETENTION_RULES } from '../retention/retention.job.js';
import type { RetentionRule } from '../retention/retention.rules.js';
import { QuarantineDiscards } from './quarantine.discards.js';
import { QUARANTINE_SETTINGS, type QuarantineSettings } from './quarantine.settings.js';

const EVERY_MS = 10 * 60_000;
const AT_ONCE = 200;

interface Limit {
  days: number;
  site: string | null;
  types: readonly string[] | null;
}

// Another replica at it has its own rows.
const DUE = `
  SELECT id FROM quarantine
   WHERE decided_at IS NULL AND received_at < now() - make_interval(days => $1) AND ($2::text IS NULL OR site = $2) AND ($3::text[] IS NULL OR type = ANY($3))
   ORDER BY id LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED`;
const FORGET = `
  DELETE FROM quarantine WHERE id = ANY(ARRAY(
    SELECT id FROM quarantine WHERE decided_at < now() - make_interval(days => $1) ORDER BY decided_at LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED)) RETURNING id`;

/** Discards what nobody has decided about in time, and in the end forgets that it was there. */
@Injectable()
export class QuarantineKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(QuarantineKeeper.name);
  private readonly limits: readonly Limit[];
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly discards: QuarantineDiscards,
    @Inject(QUARANTINE_SETTINGS) private readonly settings: QuarantineSettings,
    @Inject(RETENTION_RULES) rules: readonly RetentionRule[],
  ) {
    // What a site keeps for a shorter time is not kept longer for waiting.
    const shorter = rules.filter(({ days }) => days < settings.days).map(({ days, site, types }) => ({ days, site, types }));
    this.limits = [{ days: settings.days, site: null, types: null }, ...shorter];
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Resolves when nothing is due any more, or the attempt has failed. */
  run(): Promise<void> {
    this.running ??= this.keep().finally(() => (this.running = undefined));
    return this.running;
  }

  private async keep(): Promise<void> {
    try {
      for (const limit of this.limits) {
        const discarded = await this.repeat((tx) => this.discardDue(tx, limit));
        if (discarded > 0) this.logger.warn({ site: limit.site ?? undefined, days: limit.days, discarded }, 'Nobody decided in time about what was set aside; it was discarded');
      }
      await this.repeat(async (tx) => (await tx.query(FORGET, [this.settings.days])).length);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError || this.stopped) return;
      this.logger.error({ err: error }, 'What was set aside for long enough could not be discarded; it will be tried again');
    }
  }

  private async discardDue(tx: Transaction, { days, site, types }: Limit): Promise<number> {
    const due = await tx.query<{ id: string }>(DUE, [days, site, types]);
    return (await this.discards.discard(tx, due.map(({ id }) => id), { cause: 'age' })).length;
  }

  private async repeat(step: (tx: Transaction) => Promise<number>): Promise<number> {
    let all = 0;
    for (let last = AT_ONCE; last === AT_ONCE && !this.stopped; all += last) last = await this.database.transaction(step);
    return all;
  }
}
