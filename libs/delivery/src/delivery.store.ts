import { Injectable } from '@nestjs/common';
import { type PosthornEvent, upgradeEvent } from '@posthorn/contracts';
import { Database, prepared, type Transaction } from '@posthorn/persistence';
import { type ClaimedDelivery, type PlannedDelivery, type Settlement } from './delivery.row.js';
import { CLAIMABLE, type ClaimableState, LIVE, sqlList } from './delivery.states.js';
import { columnsOfPlanned, insertPlanned } from './planned.statement.js';
import { type OutcomeOf, writeSettlements, type WrittenSettlements } from './settlement.statement.js';

const CLAIMABLE_SQL = sqlList(CLAIMABLE);
const LIVE_SQL = sqlList(LIVE);

const PLAN = prepared(insertPlanned({ first: 1, only: 'true', behind: 'n.behind IS NOT NULL' }));

// A scalar subquery is never turned into a join: two index probes per candidate, whatever the statistics say. And of
// IS NULL Postgres would think that it holds for one in forty thousand, so that it had better sort all that is due.
export const CLAIM = prepared(`
  WITH picked AS (
    SELECT d.id, d.event_id, d.state AS was
      FROM deliveries d
     WHERE d.connection = $1 AND d.state IN (${CLAIMABLE_SQL}) AND NOT d.waits AND d.next_attempt_at <= now()
       AND (SELECT true FROM deliveries e
             WHERE e.connection = d.connection AND e.action = d.action AND e.ordering_key = d.ordering_key
               AND e.event_id < d.event_id AND e.state IN (${LIVE_SQL})
             LIMIT 1) IS NOT TRUE
       AND (SELECT true FROM deliveries e
             WHERE e.connection = d.connection AND e.action = d.action AND e.ordering_key = d.ordering_key
               AND e.state = 'attempting'
             LIMIT 1) IS NOT TRUE
     ORDER BY d.next_attempt_at, d.event_id
     LIMIT $2
       FOR UPDATE OF d SKIP LOCKED
  )
  UPDATE deliveries d
     SET state = 'attempting', attempts = d.attempts + 1, fence = d.fence + 1, updated_at = now(),
         first_attempt_at = coalesce(d.first_attempt_at, now()), lease_until = now() + $3 * interval '1 millisecond'
    FROM picked p JOIN inbox i ON i.event_id = p.event_id
   WHERE d.id = p.id
  RETURNING d.id, d.action, p.was, d.attempts, d.fence, d.first_attempt_at, d.created_at, i.envelope,
            d.latest_wins AND EXISTS (
              SELECT 1 FROM newest_delivered n
               WHERE n.connection = d.connection AND n.action = d.action AND n.ordering_key = d.ordering_key
                 AND n.event_id > d.event_id) AS superseded,
            (SELECT array_agg(e.person) FROM erasing_people e WHERE e.connection = $1) AS erasing`);

// Arrays are never turned into joins, in which the look at the line would be repeated for every open delivery.
const RELEASE = prepared(`
  WITH looked AS MATERIALIZED (
    SELECT id, connection, action, ordering_key, event_id FROM deliveries
     WHERE waits AND (connection, action, ordering_key, event_id) > ($1, $2, $3::uuid, $4::uuid)
     ORDER BY connection, action, ordering_key, event_id LIMIT $5
  ), first AS (
    SELECT l.id FROM looked l
     WHERE (SELECT true FROM deliveries e
             WHERE e.connection = l.connection AND e.action = l.action AND e.ordering_key = l.ordering_key
               AND e.event_id < l.event_id AND e.state IN (${LIVE_SQL})
             LIMIT 1) IS NOT TRUE
  ), released AS (
    UPDATE deliveries SET waits = false
     WHERE id = ANY (ARRAY(
             SELECT d.id FROM deliveries d
              WHERE d.id = ANY (ARRAY(SELECT id FROM first)) AND d.state IN (${CLAIMABLE_SQL})
                FOR UPDATE OF d SKIP LOCKED))
  )
  SELECT connection, action, ordering_key, event_id FROM looked
   ORDER BY connection, action, ordering_key, event_id OFFSET $5 - 1`);

/** So many that wait are looked at in one go. */
const RELEASED_FROM = 1_000;

interface LinePosition {
  connection: string;
  action: string;
  ordering_key: string;
  event_id: string;
}

const NIL = '00000000-0000-0000-0000-000000000000';
const LINE_BEGIN: LinePosition = { connection: '', action: '', ordering_key: NIL, event_id: NIL };

interface ClaimedRow {
  id: string;
  action: string;
  was: ClaimableState;
  attempts: number;
  fence: number;
  first_attempt_at: Date;
  created_at: Date;
  envelope: PosthornEvent;
  superseded: boolean;
  erasing: string[] | null;
}

/** Everything a dispatcher asks of the table. All statements follow the work that is open, not the work that was done. */
@Injectable()
export class DeliveryStore {
  private lookedAt = LINE_BEGIN;

  constructor(private readonly database: Database) {}

  /** Deliveries of events that are in the inbox; those of events that arrive are written with them (intake.statement.ts). */
  async plan(tx: Transaction, planned: readonly PlannedDelivery[]): Promise<void> {
    if (planned.length > 0) await tx.query(PLAN, columnsOfPlanned(planned));
  }

  /** Committed when it resolves: only then may the provider be called. */
  async claim(connection: string, limit: number, leaseMs: number): Promise<ClaimedDelivery[]> {
    try {
      const rows = await this.database.query<ClaimedRow>(CLAIM, [connection, limit, leaseMs]);
      return rows.map((row) => claimed(connection, row));
    } catch (error) {
      if (!isLineTaken(error)) throw error;
      // Another replica's claim was not to be seen yet. Now it is, so that each new try has seen one more.
      return this.claim(connection, limit, leaseMs);
    }
  }

  /** With the outcome of each, if there is one to tell: all of it is one statement, and so one commit where there is no transaction. */
  settle(querying: Pick<Transaction, 'query'>, settlements: readonly Settlement[], outcomeOf: OutcomeOf = () => undefined): Promise<WrittenSettlements> {
    return writeSettlements(querying, settlements, outcomeOf);
  }

  /** Which of the connections have work that is due. */
  async due(connections: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ connection: string }>(
      `SELECT c.connection FROM unnest($1::text[]) AS c (connection)
        WHERE EXISTS (SELECT 1 FROM deliveries d
                       WHERE d.connection = c.connection AND d.state IN (${CLAIMABLE_SQL})
                         AND NOT d.waits AND d.next_attempt_at <= now())`,
      [connections],
    );
    return rows.map(({ connection }) => connection);
  }

  /**
   * Lets go what waits for nothing: intake and a settlement that ran at the same time could not see each other. Looks at
   * so many a time and goes on there the next: a million that wait must not make it the only thing that is done.
   */
  async release(limit = RELEASED_FROM): Promise<void> {
    const { connection, action, ordering_key: orderingKey, event_id: eventId } = this.lookedAt;
    const [last] = await this.database.query<LinePosition>(RELEASE, [connection, action, orderingKey, eventId, limit]);
    this.lookedAt = last ?? LINE_BEGIN;
  }

  /** Attempts whose lease has run out: their process is gone. */
  async expired(limit: number): Promise<ClaimedDelivery[]> {
    const rows = await this.database.query<ClaimedRow & { connection: string }>(
      `SELECT d.id, d.connection, d.action, 'pending' AS was, d.attempts, d.fence, d.first_attempt_at, d.created_at,
              i.envelope, false AS superseded, NULL AS erasing
         FROM deliveries d JOIN inbox i ON i.event_id = d.event_id
        WHERE d.state = 'attempting' AND d.lease_until < now() ORDER BY d.id LIMIT $1`,
      [limit],
    );
    return rows.map((row) => claimed(row.connection, row));
  }
}

function claimed(connection: string, row: ClaimedRow): ClaimedDelivery {
  const { id, action, was, attempts, fence, superseded, envelope } = row;
  const erasing = new Set(row.erasing?.map((person) => person.replaceAll('-', '')));
  return { id, connection, action, was, attempts, fence, superseded, erasing, event: upgradeEvent(envelope), firstAttemptAt: row.first_attempt_at, createdAt: row.created_at };
}

/** Two claims at once took deliveries of the same ordering key. */
function isLineTaken(error: unknown): boolean {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return code === '23505' && constraint === 'deliveries_attempting';
}
