import { type PosthornEvent } from '@posthorn/contracts';
import { LIVE, sqlList } from '../delivery.states.js';

/** The state of an event in the books, of all its deliveries in this service: the worst of theirs. For SQL, grouped by event. */
export const EVENT_STATE = `
  CASE WHEN bool_or(state = 'dead') THEN 'dead'
       WHEN bool_or(state = 'held') THEN 'held'
       WHEN bool_or(state IN (${sqlList(LIVE)})) THEN 'inProgress'
       WHEN bool_or(state = 'erased') THEN 'erased'
       WHEN bool_or(state = 'delivered') THEN 'delivered'
       ELSE 'skipped' END`;

/** Of an event without a delivery to say it: of a site that has no connection here, or forgotten before it came. */
export const unconnectedState = ({ erased }: PosthornEvent): 'erased' | 'skipped' => (erased === true ? 'erased' : 'skipped');

/**
 * Adds to what the books count of events that are not in `deliveries`. `events` is SQL for rows of
 * (site, event_id, type, state). In one order everywhere, or two transactions could wait for each other.
 */
export const countEvents = (events: string, sign: '' | '-' = ''): string => `
  INSERT INTO book_counts AS b (day, site, type, state, events)
  SELECT day_of(event_id), site, type, state, ${sign}count(*) FROM (${events}) AS counted
   GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (day, site, type, state) DO UPDATE SET events = b.events + excluded.events`;
