import { EVENT_STATE } from '../books/event.state.js';

const UNCERTAIN = `'unknown', 'held'`;

/** Of the events $1; $2 are the connections that are configured. What was withdrawn says in its facts what it was. */
export const COUNT = `
  SELECT count(*)::int AS deliveries,
         count(*) FILTER (WHERE state = 'delivered')::int AS delivered,
         count(*) FILTER (WHERE state IN (${UNCERTAIN}) OR (state = 'erased' AND facts ->> 'was' IN (${UNCERTAIN})))::int AS uncertain,
         count(*) FILTER (WHERE state = 'delivered' AND connection <> ALL ($2::text[]))::int AS "beyondReach"
    FROM all_deliveries WHERE event_id = ANY ($1::uuid[])`;

/** Whoever came after the events $1 stays: their line has gone on to an event of its own. */
export const FORGET_NEWEST = `
  DELETE FROM newest_delivered n
   USING (SELECT connection, action, ordering_key FROM deliveries WHERE event_id = ANY ($1::uuid[]) AND latest_wins
           UNION
          SELECT connection, action, ordering_key FROM deliveries_archive WHERE event_id = ANY ($1::uuid[]) AND latest_wins) AS d
   WHERE n.connection = d.connection AND n.action = d.action AND n.ordering_key = d.ordering_key AND n.event_id = ANY ($1::uuid[])`;

/**
 * What the books have counted of the events $1, of sites $2 and types $3, is counted as erased: those that were archived,
 * and those that had no connection and so no delivery. The rest is counted when somebody asks.
 */
export const REBOOK = `
  WITH before AS (
    SELECT event_id, site, type, ${EVENT_STATE} AS state FROM deliveries_archive WHERE event_id = ANY ($1::uuid[]) GROUP BY event_id, site, type
    UNION ALL
    SELECT e.event_id, e.site, e.type, 'skipped' FROM unnest($1::uuid[], $2::text[], $3::text[]) AS e (event_id, site, type)
     WHERE NOT EXISTS (SELECT FROM all_deliveries d WHERE d.event_id = e.event_id)
  )
  INSERT INTO book_counts AS b (day, site, type, state, events)
  SELECT day_of(event_id), site, type, state, sum(n)
    FROM (SELECT event_id, site, type, state, -1 AS n FROM before UNION ALL SELECT event_id, site, type, 'erased', 1 FROM before) AS moved
   GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4
  ON CONFLICT (day, site, type, state) DO UPDATE SET events = b.events + excluded.events`;

// The ordering key was a digest of whom or what it was about; the id of the event says nothing.
const ERASED = `state = 'erased', updated_at = now(), external_id = NULL, facts = NULL, error_message = NULL, error_remedy = NULL, ordering_key = event_id`;

export const ERASE_DELIVERIES = [
  `UPDATE deliveries SET ${ERASED}, waits = false WHERE event_id = ANY ($1::uuid[])`,
  `UPDATE deliveries_archive SET ${ERASED} WHERE event_id = ANY ($1::uuid[])`,
];

/** How many of the deliveries of the events $1 still say something. */
export const LEFT = `
  SELECT count(*)::int AS left
    FROM (SELECT state, external_id, facts, error_message, error_remedy, ordering_key, event_id FROM deliveries WHERE event_id = ANY ($1::uuid[])
           UNION ALL
          SELECT state, external_id, facts, error_message, error_remedy, ordering_key, event_id FROM deliveries_archive WHERE event_id = ANY ($1::uuid[])) AS d
   WHERE state <> 'erased' OR ordering_key <> event_id OR coalesce(external_id, error_message, error_remedy, facts::text) IS NOT NULL`;

/** The service's own part is done, with the outcome $2 and the facts $3. */
export const COMPLETE = `
  UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, updated_at = now(), outcome = $2, facts = $3 WHERE id = $1 AND state = 'pending'`;
