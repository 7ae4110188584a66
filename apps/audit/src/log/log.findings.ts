import { Injectable, Logger } from '@nestjs/common';
import { createOutcome, OUTCOMES, outcomeSubject } from '@posthorn/contracts';
import { Ledger, type LedgerEntry } from '@posthorn/ledger';
import { HealthRegistry, Metrics } from '@posthorn/observability';
import { Database } from '@posthorn/persistence';
import { SERVICE } from '../config.js';
import type { Disagreement } from './log.disagreement.js';

/** The log is of all sites; what it says about itself is of this one. */
const OWN_SITE = 'posthorn';

type LogOutcomeType = Extract<keyof typeof OUTCOMES, `audit.log.${string}`>;

/** What is found out about the log: said once, as an outcome, and again and again by /ready and a metric. */
@Injectable()
export class LogFindings {
  private readonly logger = new Logger(LogFindings.name);
  private disagreement: Disagreement | undefined;

  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    health: HealthRegistry,
    metrics: Metrics,
  ) {
    health.register('log', () => (this.disagreement === undefined ? undefined : `${this.disagreement.code}: ${this.disagreement.message}`));
    metrics.gauge('audit_log_differs', '1 while the log is not what was signed of it, and nothing more is signed', [], (gauge) => gauge.set(this.disagreement === undefined ? 0 : 1));
  }

  /** Every replica finds out for itself; the first to do so announces it. */
  async report(found: Disagreement | undefined): Promise<void> {
    const isNews = found?.code !== this.disagreement?.code;
    this.disagreement = found;
    if (isNews && found !== undefined) this.logger.error({ ...found.facts, code: found.code, remedy: found.remedy }, found.message);
    if (isNews && found === undefined) this.logger.log('The log begins again with what was signed of it; it goes on being signed');
    await this.announce(found);
  }

  private async announce(found: Disagreement | undefined): Promise<void> {
    await this.database.transaction(async (tx) => {
      const changed = await tx.query('UPDATE log_standing SET code = $1 WHERE code IS DISTINCT FROM $1 RETURNING code', [found?.code ?? null]);
      if (changed.length > 0) await this.ledger.append(tx, [outcomeOf(found)]);
    });
  }
}

function outcomeOf(found: Disagreement | undefined): LedgerEntry {
  const type: LogOutcomeType = found === undefined ? 'audit.log.agrees' : 'audit.log.differs';
  const { code, message, remedy, facts } = found ?? {};
  const error = code === undefined || message === undefined ? undefined : { code, message, remedy };
  const state = found === undefined ? 'balanced' : 'differing';
  const envelope = createOutcome({ site: OWN_SITE, type, data: { service: SERVICE, connection: 'log', state, facts, error } });
  return { envelope, subject: outcomeSubject(SERVICE, type) };
}
