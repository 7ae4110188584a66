import { plainArray } from '@posthorn/persistence';
import { type PlannedDelivery } from './delivery.row.js';
import { LIVE, sqlList } from './delivery.states.js';
import { FEW } from './plan.hint.js';
import { storable } from './settlement.statement.js';

const TYPES = ['uuid', 'uuid', 'text', 'text', 'text', 'text', 'uuid', 'boolean', 'text', 'uuid', 'text', 'text', 'text'];

/**
 * Writes planned deliveries, whose columns are the parameters from `first` on. `only` and `behind` are SQL about a row `n`
 * of them: whether it is written at all, and whether one of the same batch goes before it. What waits is decided here
 * and corrected by `release`; the claim asks again, so a mistake costs time, not order.
 */
export const insertPlanned = ({ first, only, behind }: { first: number; only: string; behind: string }): string => `
  INSERT INTO deliveries (id, event_id, connection, action, site, type, ordering_key, latest_wins, state, waits,
                          error_code, error_message, error_remedy)
  SELECT n.id, n.event_id, n.connection, n.action, n.site, n.type, n.ordering_key, n.latest_wins, n.state,
         n.state = 'pending' AND (${behind} OR (
           SELECT true FROM deliveries e
            WHERE e.connection = n.connection AND e.action = n.action AND e.ordering_key = n.ordering_key
              AND e.event_id < n.event_id AND e.state IN (${sqlList(LIVE)})
            LIMIT 1) IS NOT NULL),
         n.error_code, n.error_message, n.error_remedy
    FROM unnest(${TYPES.map((type, index) => `$${first + index}::${type}[]`).join(', ')}) WITH ORDINALITY
      AS n (id, event_id, connection, action, site, type, ordering_key, latest_wins, state, behind,
            error_code, error_message, error_remedy, n)
   WHERE ${FEW('n')} AND ${only}
  ON CONFLICT (event_id, connection, action) DO NOTHING`;

/** The parameters of `insertPlanned`. */
export function columnsOfPlanned(planned: readonly PlannedDelivery[]): unknown[] {
  return [
    plainArray(planned.map(({ id }) => id)),
    plainArray(planned.map(({ event }) => event.id)),
    planned.map(({ connection }) => connection),
    planned.map(({ action }) => action),
    planned.map(({ event }) => event.site),
    planned.map(({ event }) => event.type),
    plainArray(planned.map(({ orderingKey }) => orderingKey)),
    plainArray(planned.map(({ latestWins }) => latestWins)),
    plainArray(planned.map(({ state }) => state)),
    plainArray(planned.map(({ behind }) => behind)),
    planned.map(({ error }) => error?.code ?? null),
    planned.map(({ error }) => storable(error?.message)),
    planned.map(({ error }) => storable(error?.remedy)),
  ];
}
