import { Injectable } from '@nestjs/common';
import { type DeliveryFilter, type RedeliverQuestion, type RedeliveryShare } from '@posthorn/contracts';
import { Database, type Transaction } from '@posthorn/persistence';
import { DeliveryArchive } from '../archive/delivery.archive.js';
import { REDELIVER, REDELIVERABLE } from '../delivery.redelivery.js';
import { DEAD_LETTERS, type DeliveryState, sqlList } from '../delivery.states.js';
import { type Criteria, criteriaOf } from './delivery.criteria.js';
import { OperationRefusedError } from './operation-refused.error.js';
import { type RedeliveryCandidate, type RedeliveryRow } from './redelivery.row.js';

const COLUMNS = 'id, actor, filter, per_second, state, shares, started_at, ended_at, stopped_by, after_event, after_connection, after_action';

export interface Advance {
  readonly shares: RedeliveryRow['shares'];
  readonly last: RedeliveryCandidate | undefined;
  readonly finished: boolean;
  /** Until the next batch. */
  readonly pauseMs: number;
}

/** What redeliveries ask of the tables. */
@Injectable()
export class RedeliveryStore {
  constructor(
    private readonly database: Database,
    private readonly archive: DeliveryArchive,
  ) {}

  async count(tx: Transaction, filter: DeliveryFilter): Promise<RedeliveryShare[]> {
    const criteria = redeliverable(filter);
    const rows = await tx.query<{ connection: string; site: string; matched: number }>(
      `SELECT d.connection, d.site, count(*)::int AS matched FROM all_deliveries d WHERE ${criteria.toString()} GROUP BY 1, 2 ORDER BY 1, 2`,
      criteria.params,
    );
    return rows.map((row) => ({ ...row, redelivered: 0, refused: 0 }));
  }

  /** Undefined when it was begun already: every replica hears the same order. */
  async begin(tx: Transaction, { id, actor, filter, perSecond }: RedeliverQuestion): Promise<RedeliveryRow | undefined> {
    const [row] = await tx.query<RedeliveryRow>(
      `INSERT INTO redeliveries (id, actor, filter, per_second, state, shares, started_at, next_batch_at)
       VALUES ($1, $2, $3, $4, 'running', '{}', now(), now()) ON CONFLICT (id) DO NOTHING RETURNING ${COLUMNS}`,
      [id, actor, JSON.stringify(filter), perSecond],
    );
    return row;
  }

  async find(id: string): Promise<RedeliveryRow | undefined> {
    const [row] = await this.database.query<RedeliveryRow>(`SELECT ${COLUMNS} FROM redeliveries WHERE id = $1`, [id]);
    return row;
  }

  /** Ends it where it is; waits for a batch that is under way. Undefined when it does not run. */
  async stop(tx: Transaction, id: string, actor: string): Promise<RedeliveryRow | undefined> {
    const [row] = await tx.query<RedeliveryRow>(
      `UPDATE redeliveries SET state = 'stopped', stopped_by = $2, ended_at = now() WHERE id = $1 AND state = 'running' RETURNING ${COLUMNS}`,
      [id, actor],
    );
    return row;
  }

  /** One that is due, locked until the transaction ends: no two replicas run the same. */
  async takeDue(tx: Transaction): Promise<RedeliveryRow | undefined> {
    const [row] = await tx.query<RedeliveryRow>(
      `SELECT ${COLUMNS} FROM redeliveries WHERE state = 'running' AND next_batch_at <= now() ORDER BY next_batch_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    return row;
  }

  /** How long until one is due, 0 when one is; undefined when none runs. */
  async dueInMs(): Promise<number | undefined> {
    const [row] = await this.database.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM min(next_batch_at) - now()) * 1000)::float8 AS ms FROM redeliveries WHERE state = 'running'`,
    );
    return row?.ms === null || row === undefined ? undefined : Math.max(0, row.ms);
  }

  /** The next that fit, the oldest event first, and as they were when the redelivery began. Nothing is archived until the transaction ends. */
  async next(tx: Transaction, row: RedeliveryRow, limit: number): Promise<RedeliveryCandidate[]> {
    await this.archive.hold(tx);
    const criteria = redeliverable(row.filter).add('d.updated_at <= $', row.started_at.toISOString());
    if (row.after_event !== null) {
      const after = [row.after_event, row.after_connection, row.after_action].map((value) => criteria.param(value));
      criteria.raw(`(d.event_id, d.connection, d.action) > (${after[0] ?? ''}::uuid, ${after[1] ?? ''}, ${after[2] ?? ''})`);
    }
    return tx.query<RedeliveryCandidate>(
      `SELECT d.id, d.event_id, d.connection, d.action, d.site, d.type, d.state AS was, d.attempts, i.envelope
         FROM all_deliveries d LEFT JOIN inbox i ON i.event_id = d.event_id
        WHERE ${criteria.toString()} ORDER BY d.event_id, d.connection, d.action LIMIT ${criteria.param(limit)}`,
      criteria.params,
    );
  }

  /** Returns the ids that are pending now. */
  async redeliver(tx: Transaction, { started_at: startedAt }: RedeliveryRow, candidates: readonly RedeliveryCandidate[]): Promise<Set<string>> {
    if (candidates.length === 0) return new Set();
    await this.archive.reopen(tx, candidates.filter(({ was }) => was === 'skipped').map(({ event_id: eventId }) => eventId));
    const rows = await tx.query<{ id: string }>(REDELIVER, [candidates.map(({ id }) => id), startedAt.toISOString()]);
    return new Set(rows.map(({ id }) => id));
  }

  async advance(tx: Transaction, { id }: RedeliveryRow, { shares, last, finished, pauseMs }: Advance): Promise<void> {
    await tx.query(
      `UPDATE redeliveries
          SET shares = $2, after_event = coalesce($3, after_event), after_connection = coalesce($4, after_connection),
              after_action = coalesce($5, after_action), next_batch_at = now() + $6 * interval '1 millisecond',
              state = CASE WHEN $7 THEN 'finished' ELSE state END, ended_at = CASE WHEN $7 THEN now() END
        WHERE id = $1`,
      [id, JSON.stringify(shares), last?.event_id ?? null, last?.connection ?? null, last?.action ?? null, pauseMs, finished],
    );
  }
}

/** The filter, within what may be sent again; throws when that is nothing. */
function redeliverable(filter: DeliveryFilter): Criteria {
  const wanted: readonly DeliveryState[] = filter.states ?? (filter.ids === undefined ? DEAD_LETTERS : REDELIVERABLE);
  const states = wanted.filter((state) => (REDELIVERABLE as readonly DeliveryState[]).includes(state));
  if (states.length < wanted.length) {
    throw new OperationRefusedError('NOT_REDELIVERABLE', `Only what is ${REDELIVERABLE.join(', ')} can be redelivered.`, `Leave out the other states: what is delivered would happen twice, and the rest is under way.`);
  }
  // Both lists: the first is what was asked for, the second is the condition of the index.
  return criteriaOf(filter).raw(`d.state IN (${sqlList(states)})`).raw(`d.state IN (${sqlList(REDELIVERABLE)})`);
}
