import { type DeliveryView } from './delivery.row.js';
import { type DeliveryState } from './delivery.states.js';

/** A row of the table, as far as others may see it. */
export interface DeliveryRecord {
  id: string;
  event_id: string;
  connection: string;
  action: string;
  site: string;
  type: string;
  state: DeliveryState;
  attempts: number;
  external_id: string | null;
  outcome: string | null;
  error_code: string | null;
  error_message: string | null;
  error_remedy: string | null;
  next_attempt_at: Date;
  updated_at: Date;
}

export const DELIVERY_COLUMNS = `id, event_id, connection, action, site, type, state, attempts, external_id, outcome,
  error_code, error_message, error_remedy, next_attempt_at, updated_at`;

export function viewOf(row: DeliveryRecord): DeliveryView {
  const error = row.error_code === null ? undefined : { code: row.error_code, message: row.error_message ?? '', remedy: row.error_remedy ?? undefined };
  const awaited = row.state === 'pending' || row.state === 'retrying' || row.state === 'unknown';
  return {
    id: row.id,
    eventId: row.event_id,
    connection: row.connection,
    action: row.action,
    site: row.site,
    type: row.type,
    state: row.state,
    attempts: row.attempts,
    externalId: row.external_id ?? undefined,
    outcome: row.outcome ?? undefined,
    nextAttemptAt: awaited ? row.next_attempt_at.toISOString() : undefined,
    error,
    updatedAt: row.updated_at.toISOString(),
  };
}
