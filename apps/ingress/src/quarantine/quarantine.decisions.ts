import { Injectable, Logger } from '@nestjs/common';
import { createEvent, eventSubject, QUARANTINE_ENTRIES_MAX } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { type Counter, currentTraceparent, Metrics } from '@posthorn/observability';
import { Database, type Transaction } from '@posthorn/persistence';
import { AcceptanceService, type Waited } from '../accepting/acceptance.service.js';
import { QuarantineDiscards } from './quarantine.discards.js';
import type { QuarantineOrder } from './quarantine.query.js';
import { QuarantineReader } from './quarantine.reader.js';
import type { QuarantineRecord } from './quarantine.record.js';
import { QuarantineRetrial, type Verdict } from './quarantine.retrial.js';

export type QuarantineAction = 'release' | 'replay' | 'discard';

export interface Step {
  action: QuarantineAction;
  /** What was decided: let in, or discarded. */
  done: { id: string; eventId?: string }[];
  /** What stays, with fresh reasons. */
  stayed: { id: string; code: string }[];
  /** Where to go on; null at the end. */
  next: string | null;
}

type Case = { record: QuarantineRecord; verdict: Verdict };
type Admitted = { record: QuarantineRecord; waited: Waited };
type Entered = { record: QuarantineRecord; eventId: string };

/**
 * Carries out what an operator decided: a step is one transaction, which lets in, empties and says so, or does nothing of
 * it. Whoever orders goes on from step to step, and may stop at any.
 */
@Injectable()
export class QuarantineDecisions {
  private readonly logger = new Logger(QuarantineDecisions.name);
  private readonly counter: Counter<'action' | 'result'>;

  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly acceptance: AcceptanceService,
    private readonly discards: QuarantineDiscards,
    private readonly reader: QuarantineReader,
    private readonly retrial: QuarantineRetrial,
    metrics: Metrics,
  ) {
    this.counter = metrics.counter('ingress_quarantine_decisions_total', 'What operators decided about what was set aside, by what came of it', ['action', 'result']);
  }

  async step(action: QuarantineAction, order: QuarantineOrder, actor: string): Promise<Step> {
    const { records, next } = await this.reader.waiting(action, order);
    const step: Step = { action, done: [], stayed: [], next };
    if (records.length > 0) Object.assign(step, action === 'discard' ? await this.discard(records, actor) : await this.letIn(action, records, actor));
    for (const [result, each] of [['done', step.done], ['stayed', step.stayed]] as const) if (each.length > 0) this.counter.inc({ action, result }, each.length);
    if (records.length > 0) this.logger.log({ action, actor, done: step.done.length, stayed: step.stayed.length }, 'An operator decided about what was set aside');
    return step;
  }

  /** Says of a step how much of it would be let in, and why the rest would not. */
  async rehearse(action: QuarantineAction, order: QuarantineOrder): Promise<Step> {
    const { records, next } = await this.reader.waiting(action, order);
    const verdicts = action === 'discard' ? [] : await this.judge(action, records);
    const stayed = verdicts.flatMap(({ record: { id }, verdict }) => (verdict.admitted ? [] : [{ id, code: verdict.code }]));
    const staying = new Set(stayed.map(({ id }) => id));
    return { action, done: records.filter(({ id }) => !staying.has(id)).map(({ id }) => ({ id })), stayed, next };
  }

  private async discard(records: readonly QuarantineRecord[], actor: string): Promise<Pick<Step, 'done'>> {
    const done = await this.database.transaction(async (tx) => {
      const waiting = await this.reader.lock(tx, records);
      return this.discards.discard(tx, waiting.map(({ id }) => id), { cause: 'person', actor });
    });
    return { done: done.map((id) => ({ id })) };
  }

  private async letIn(action: 'release' | 'replay', records: readonly QuarantineRecord[], actor: string): Promise<Pick<Step, 'done' | 'stayed'>> {
    // Before the transaction: a rule may take its time, and what has changed meanwhile is left for the next time.
    const cases = await this.judge(action, records);
    return this.database.transaction(async (tx) => {
      const waiting = new Set((await this.reader.lock(tx, records)).map(({ id }) => id));
      const open = cases.filter(({ record }) => waiting.has(record.id));
      const { entered, stayed } = await this.enter(tx, open);
      for (const { record, verdict } of stayed) await this.keep(tx, record, verdict);
      await this.close(tx, action, entered, actor);
      return { done: entered.map(({ record: { id }, eventId }) => ({ id, eventId })), stayed: stayed.map(({ record: { id }, verdict: { code } }) => ({ id, code })) };
    });
  }

  private judge(action: 'release' | 'replay', records: readonly QuarantineRecord[]): Promise<Case[]> {
    return Promise.all(records.map(async (record) => ({ record, verdict: action === 'release' ? this.retrial.release(record) : await this.retrial.replay(record) })));
  }

  /** Writes to the ledger what may enter, under the keys under which it came. */
  private async enter(tx: Transaction, cases: readonly Case[]) {
    const admitted = cases.flatMap(({ record, verdict }): Admitted[] => (verdict.admitted ? verdict.events.map((waited) => ({ record, waited })) : []));
    const refused = cases.flatMap(({ record, verdict }) => (verdict.admitted ? [] : [{ record, verdict }]));
    const answers = await this.acceptance.acceptWithin(tx, admitted.map(({ waited }) => waited));
    const entered: Entered[] = [];
    const stayed = [...refused];
    admitted.forEach(({ record }, index) => {
      const answer = answers[index];
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error(`Nothing was answered about ${record.id}`);
      if (answer.status !== 'conflict') entered.push({ record, eventId: answer.id });
      else stayed.push({ record, verdict: { admitted: false, code: 'idempotency-conflict', reasons: [{ pointer: '', rule: 'idempotency-conflict', message: `came again, changed, under the same key, and is event ${answer.id}` }] } });
    });
    return { entered, stayed };
  }

  private async keep(tx: Transaction, { id, kind, draft }: QuarantineRecord, { code, reasons, event }: Extract<Verdict, { admitted: false }>): Promise<void> {
    const nowHeld = event !== undefined && kind !== 'held';
    const changed = nowHeld ? [JSON.stringify({ ...draft, envelope: event, issues: [] }), event.type] : [null, null];
    await tx.query(
      `UPDATE quarantine SET code = $2, reasons = $3, draft = coalesce($4, draft), type = coalesce($5, type),
              kind = CASE WHEN $6 THEN 'held' ELSE kind END, state = CASE WHEN $6 THEN 'held' ELSE state END WHERE id = $1`,
      [id, code, JSON.stringify(reasons), ...changed, nowHeld],
    );
  }

  private async close(tx: Transaction, action: 'release' | 'replay', entered: readonly Entered[], actor: string): Promise<void> {
    // A delivery may be several events, of which the row names one.
    const events = new Map(entered.map(({ record, eventId }) => [record.id, eventId]));
    const ids = [...events.keys()];
    // The ledger has the keys and the people from now on.
    await tx.query(
      `UPDATE quarantine q SET state = $3, decided_at = now(), decided_by = $4, event_id = e.event, draft = NULL, reasons = '[]', bytes = 0, idempotency_key = NULL, body_hash = NULL
         FROM unnest($1::uuid[], $2::uuid[]) AS e (id, event) WHERE q.id = e.id`,
      [ids, [...events.values()], action === 'release' ? 'released' : 'replayed', actor],
    );
    await tx.query('DELETE FROM quarantine_people WHERE id = ANY($1::uuid[])', [ids]);
    const said = [...Map.groupBy(entered, ({ record }) => record.site)].map(([site, each]) => {
      const entries = each.slice(0, QUARANTINE_ENTRIES_MAX).map(({ record: { id, kind, code }, eventId }) => ({ id, state: kind, code, event: eventId }));
      return createEvent({ site, type: 'quarantine.released', data: { actor, entries }, source: '/quarantine', traceparent: currentTraceparent() });
    });
    await this.ledger.append(tx, said.map((envelope) => ({ envelope, subject: eventSubject(envelope.site, envelope.type) })));
  }
}
