import { sqlList, TRANSITIONS } from './delivery.states.js';

const { from, to } = TRANSITIONS.redeliver;

/** What may be sent again; everything else is under way or done. */
export const REDELIVERABLE = from;

/** Sends the deliveries $1 again, those that may be and have not changed since $2, with a retry budget of their own. Attempts count on. */
export const REDELIVER = `
  UPDATE deliveries SET state = '${to[0]}', waits = false, next_attempt_at = now(), first_attempt_at = NULL, updated_at = now(),
         error_code = NULL, error_message = NULL, error_remedy = NULL
   WHERE id = ANY($1::uuid[]) AND state IN (${sqlList(from)}) AND updated_at <= coalesce($2::timestamptz, 'infinity') RETURNING id, connection`;
