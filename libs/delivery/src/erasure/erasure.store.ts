import { Injectable } from '@nestjs/common';
import { prepared, type Transaction } from '@posthorn/persistence';
import { type DeliveryState, LIVE, sqlList, TRANSITIONS } from '../delivery.states.js';
import { ERASE_PERSON, OWN_TABLES } from './erasure.names.js';
import { type ErasureRequest } from './erasure.request.js';

/** A request under way, and the delivery that stands for the service's own part of it. */
export interface OpenErasure {
  readonly id: string;
  readonly envelope: ErasureRequest;
}

const DUE = prepared(`
  SELECT d.id, i.envelope FROM deliveries d JOIN inbox i ON i.event_id = d.event_id
   WHERE d.connection = '${OWN_TABLES}' AND d.state = 'pending' AND NOT d.waits AND d.next_attempt_at <= now()
   ORDER BY d.next_attempt_at, d.event_id LIMIT 1 FOR UPDATE OF d SKIP LOCKED`);

// The longer it takes, the more seldom it is looked at.
const POSTPONE = `
  UPDATE deliveries SET next_attempt_at = now() + least(greatest((now() - created_at) / 10, interval '250 milliseconds'), interval '30 seconds')
   WHERE id = $1`;

// What somebody has locked is under way, and looked at again: so this waits for nobody, and nobody waits in a circle.
const WITHDRAW = `
  WITH found AS (
    SELECT id FROM deliveries
     WHERE event_id = ANY ($1::uuid[]) AND state IN (${sqlList(TRANSITIONS.erase.from.filter((state) => state !== 'delivered'))})
       AND (state <> 'unknown' OR connection <> ALL ($2::text[]))
       FOR UPDATE SKIP LOCKED
  )
  UPDATE deliveries d SET state = 'erased', waits = false, updated_at = now(), facts = jsonb_build_object('was', d.state)
    FROM found WHERE d.id = found.id`;

const HOLD = `
  INSERT INTO erasing_people (request, connection, person)
  SELECT $1, c.connection, p.person FROM unnest($2::text[]) AS c (connection), unnest($3::uuid[]) AS p (person)
  ON CONFLICT DO NOTHING`;

/** What erasures ask of the tables while they wait for their end. */
@Injectable()
export class ErasureStore {
  /** One that is due, locked until the transaction ends: no two replicas work on the same. */
  async takeDue(tx: Transaction): Promise<OpenErasure | undefined> {
    const [row] = await tx.query<OpenErasure>(DUE);
    return row;
  }

  async postpone(querying: Pick<Transaction, 'query'>, { id }: OpenErasure): Promise<void> {
    await querying.query(POSTPONE, [id]);
  }

  /**
   * Nothing of the events is begun any more. What was begun at the `asked` connections, nobody knows how it ended, is
   * left to the engine: what it may have brought there is known before it is erased.
   */
  async withdraw(tx: Transaction, eventIds: readonly string[], asked: readonly string[]): Promise<void> {
    await tx.query(WITHDRAW, [eventIds, asked]);
  }

  /** Where something of the events is under way. */
  async busy(tx: Transaction, eventIds: readonly string[]): Promise<Set<string>> {
    const rows = await tx.query<{ connection: string }>(`SELECT DISTINCT connection FROM deliveries WHERE event_id = ANY ($1::uuid[]) AND state IN (${sqlList(LIVE)})`, [eventIds]);
    return new Set(rows.map(({ connection }) => connection));
  }

  /** How the request's deliveries to providers stand, by connection. */
  async atProviders(tx: Transaction, requestId: string): Promise<Map<string, DeliveryState>> {
    const rows = await tx.query<{ connection: string; state: DeliveryState }>('SELECT connection, state FROM deliveries WHERE event_id = $1 AND action = $2', [requestId, ERASE_PERSON]);
    return new Map(rows.map(({ connection, state }) => [connection, state]));
  }

  /** What comes about these people waits at these connections, for this request, and at no others. */
  async hold(tx: Transaction, requestId: string, connections: readonly string[], people: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM erasing_people WHERE request = $1 AND connection <> ALL ($2::text[])', [requestId, connections]);
    if (connections.length > 0 && people.length > 0) await tx.query(HOLD, [requestId, connections, people]);
  }
}
