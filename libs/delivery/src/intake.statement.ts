import { type PosthornEvent } from '@posthorn/contracts';
import { inboxOf, inboxSql, type LedgerEntry, outboxOf, outboxSql, type WrittenEntry } from '@posthorn/ledger';
import { plainArray, prepared, type Transaction } from '@posthorn/persistence';
import { countEvents, unconnectedState } from './books/event.state.js';
import { type DeliveryPlanner } from './delivery.planner.js';
import { type PlannedDelivery } from './delivery.row.js';
import { columnsOfPlanned, insertPlanned } from './planned.statement.js';

// IS TRUE keeps the question from becoming a join, in which each row would be held against each event that was recorded.
const isNew = (event: string): string => `(${event} IN (SELECT event_id FROM recorded)) IS TRUE`;

// Everything is planned, told and counted before it is known what is new; only what is about a new event is written.
export const TAKE_IN = prepared(`
  WITH ${inboxSql({ first: 1 })}, planned AS (${insertPlanned({ first: 6, only: isNew('n.event_id'), behind: isNew('n.behind') })}
  ), counted AS (${countEvents(`
      SELECT u.event_id, u.site, u.type, u.state FROM unnest($19::uuid[], $20::text[], $21::text[], $22::text[]) AS u (event_id, site, type, state)
       WHERE ${isNew('u.event_id')}`)}
  ), ${outboxSql({ first: 23, about: `SELECT p.n FROM unnest($7::uuid[]) WITH ORDINALITY AS p (event_id, n) WHERE ${isNew('p.event_id')}` })}
  SELECT event_id FROM recorded`);

/** What is to be told of a delivery, if its event is new. */
export type OutcomeOfPlan = (planned: PlannedDelivery) => LedgerEntry | undefined;

export interface TakenIn {
  /** Without those that were here already, in the order in which they came. */
  readonly fresh: readonly PosthornEvent[];
  /** Of these. */
  readonly planned: readonly PlannedDelivery[];
  /** Still to be published, once they are committed. */
  readonly outcomes: readonly WrittenEntry[];
}

/** Inbox, deliveries, outcomes and books in one statement, and so in one commit where there is no transaction. */
export async function takeIn(
  querying: Pick<Transaction, 'query'>,
  arriving: readonly PosthornEvent[],
  planner: Pick<DeliveryPlanner, 'plan' | 'unconnected'>,
  outcomeOf: OutcomeOfPlan,
): Promise<TakenIn> {
  const arrival = inboxOf(arriving);
  const planned = planner.plan(arrival.events);
  const unconnected = planner.unconnected(arrival.events);
  const outbox = outboxOf(planned.map(outcomeOf));
  const rows = await querying.query<{ event_id: string }>(TAKE_IN, [
    ...arrival.columns,
    ...columnsOfPlanned(planned),
    plainArray(unconnected.map(({ id }) => id)),
    unconnected.map(({ site }) => site),
    unconnected.map(({ type }) => type),
    plainArray(unconnected.map(unconnectedState)),
    ...outbox.columns,
  ]);
  const recorded = new Set(rows.map(({ event_id: id }) => id));
  const numbers = planned.flatMap(({ event }, index) => (recorded.has(event.id) ? [index + 1] : []));
  return {
    fresh: arrival.eventsOf([...recorded]),
    planned: planned.filter(({ event }) => recorded.has(event.id)),
    outcomes: outbox.entriesAbout(numbers),
  };
}
