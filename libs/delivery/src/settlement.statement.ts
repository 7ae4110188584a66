import { type LedgerEntry, outboxOf, outboxSql, type WrittenEntry } from '@posthorn/ledger';
import { prepared, type Transaction } from '@posthorn/persistence';
import { type Settlement } from './delivery.row.js';
import { LIVE, sqlList, TRANSITIONS } from './delivery.states.js';
import { FEW } from './plan.hint.js';

const LIVE_SQL = sqlList(LIVE);

// The next of the ordering key is let go in the same commit; "attempting" is still what the snapshot says of the settled.
export const SETTLE = prepared(`
  WITH settled AS (
    UPDATE deliveries d
       SET state = s.state, attempts = d.attempts - s.uncounted, lease_until = NULL, updated_at = now(),
           first_attempt_at = CASE WHEN d.attempts = s.uncounted THEN NULL ELSE d.first_attempt_at END,
           -- What was put back keeps its place.
           next_attempt_at = coalesce(s.next_attempt_at, CASE WHEN s.uncounted = 1 THEN d.next_attempt_at ELSE now() END),
           external_id = coalesce(s.external_id, d.external_id),
           outcome = s.outcome, facts = s.facts::jsonb,
           error_code = coalesce(s.error_code, CASE WHEN s.uncounted = 1 THEN d.error_code END),
           error_message = coalesce(s.error_message, CASE WHEN s.uncounted = 1 THEN d.error_message END),
           error_remedy = coalesce(s.error_remedy, CASE WHEN s.uncounted = 1 AND s.error_code IS NULL THEN d.error_remedy END)
      FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::int[], $6::timestamptz[], $7::text[], $8::text[],
                  $9::text[], $10::text[], $11::text[], $12::text[]) WITH ORDINALITY
        AS s (id, fence, state, from_states, uncounted, next_attempt_at, external_id, outcome, facts,
              error_code, error_message, error_remedy, n)
     WHERE ${FEW('s')} AND d.id = s.id AND d.fence = s.fence AND d.state = ANY (string_to_array(s.from_states, ','))
    RETURNING s.n::int, d.id, d.event_id, d.connection, d.action, d.ordering_key, d.state, d.latest_wins
  ), newest AS (
    -- In one order everywhere: settlements that run at the same time must not wait for each other in a circle.
    INSERT INTO newest_delivered AS n (connection, action, ordering_key, event_id)
    SELECT DISTINCT ON (connection, action, ordering_key) connection, action, ordering_key, event_id
      FROM settled WHERE state = 'delivered' AND latest_wins
     ORDER BY connection, action, ordering_key, event_id DESC
    ON CONFLICT (connection, action, ordering_key) DO UPDATE SET event_id = excluded.event_id WHERE n.event_id < excluded.event_id
  ), next AS MATERIALIZED (
    -- Known before the join: as part of it, it would make the index look dear and a small table be read from end to end.
    SELECT (SELECT n.id FROM deliveries n
             WHERE n.connection = s.connection AND n.action = s.action AND n.ordering_key = s.ordering_key
               AND n.state IN (${LIVE_SQL}) AND n.id <> s.id
             ORDER BY n.event_id LIMIT 1) AS id
      FROM settled s WHERE s.state NOT IN (${LIVE_SQL})
  ), released AS (
    UPDATE deliveries w SET waits = false FROM next WHERE w.id = next.id AND w.waits
    RETURNING w.connection
  ), ${outboxSql({ first: 13, about: 'SELECT n FROM settled' })}
  SELECT n, NULL AS released FROM settled UNION ALL SELECT NULL, connection FROM released`);

/** What is to be told of a settlement, if it holds. */
export type OutcomeOf = (settlement: Settlement) => LedgerEntry | undefined;

export interface WrittenSettlements {
  /** Without those that another process had settled, or taken over. */
  readonly settled: ReadonlySet<Settlement>;
  /** Connections in which a waiting delivery was let go. */
  readonly released: ReadonlySet<string>;
  /** Still to be published, once they are committed. */
  readonly outcomes: WrittenEntry[];
}

export async function writeSettlements(querying: Pick<Transaction, 'query'>, settlements: readonly Settlement[], outcomeOf: OutcomeOf): Promise<WrittenSettlements> {
  // In one order everywhere: two replicas that settle the same deliveries, whose leases ran out, must not wait for each other.
  const inOrder = [...settlements].sort((a, b) => (a.delivery.id < b.delivery.id ? -1 : 1));
  const outbox = outboxOf(inOrder.map(outcomeOf));
  const rows = await querying.query<{ n: number | null; released: string | null }>(SETTLE, [...columnsOf(inOrder), ...outbox.columns]);
  const numbers = rows.flatMap(({ n }) => n ?? []);
  return {
    settled: new Set(numbers.flatMap((n) => inOrder[n - 1] ?? [])),
    released: new Set(rows.flatMap(({ released }) => released ?? [])),
    outcomes: outbox.entriesAbout(numbers),
  };
}

function columnsOf(settlements: readonly Settlement[]): unknown[][] {
  return [
    settlements.map(({ delivery }) => delivery.id),
    settlements.map(({ delivery }) => delivery.fence),
    settlements.map(({ decision }) => decision.state),
    settlements.map(({ decision }) => TRANSITIONS[decision.transition].from.join(',')),
    settlements.map(({ decision }) => (decision.counts ? 0 : 1)),
    settlements.map(({ decision }) => decision.nextAttemptAt?.toISOString() ?? null),
    settlements.map(({ decision }) => storable(decision.result?.externalId)),
    settlements.map(({ decision }) => storable(decision.result?.outcome)),
    settlements.map(({ decision }) => storable(decision.result?.facts && JSON.stringify(decision.result.facts).replaceAll('\\u0000', ''))),
    settlements.map(({ decision }) => decision.error?.code ?? null),
    settlements.map(({ decision }) => storable(decision.error?.message)),
    settlements.map(({ decision }) => storable(decision.error?.remedy)),
  ];
}

/** Postgres refuses NUL in text, and a provider's chatter must not stop a settlement. */
export function storable(value: string | undefined): string | null {
  return value === undefined ? null : value.replaceAll('\0', '').toWellFormed().slice(0, 4_000);
}
