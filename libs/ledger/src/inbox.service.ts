import { Injectable } from '@nestjs/common';
import { acceptedAtOf, eraseEvent, type PosthornEvent } from '@posthorn/contracts';
import { Database, prepared, type Transaction } from '@posthorn/persistence';

const RECORD = prepared(`
  INSERT INTO inbox (event_id, site, type, accepted_at, envelope)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::json[])
  ON CONFLICT (event_id) DO NOTHING
  RETURNING event_id`);

const ERASE = `
  UPDATE inbox SET envelope = e.envelope FROM unnest($1::uuid[], $2::json[]) AS e (event_id, envelope) WHERE inbox.event_id = e.event_id`;

/** The events this service has received, each once, whatever the transport repeats. */
@Injectable()
export class Inbox {
  constructor(private readonly database: Database) {}

  /** Records events, in the caller's transaction or on their own, and returns those that are new, in the order given. */
  async record(querying: Pick<Transaction, 'query'>, events: readonly PosthornEvent[]): Promise<PosthornEvent[]> {
    if (events.length === 0) return [];
    const byId = new Map(events.map((event) => [event.id, event]));
    // In one order everywhere: two replicas that insert the same ids in different orders would wait for each other.
    const ids = [...byId.keys()].sort();
    const sorted = ids.flatMap((id) => byId.get(id) ?? []);
    const rows = await querying.query<{ event_id: string }>(
      RECORD,
      [
        ids,
        sorted.map(({ site }) => site),
        sorted.map(({ type }) => type),
        ids.map((id) => acceptedAtOf(id).toISOString()),
        sorted.map((event) => JSON.stringify(event)),
      ],
    );
    const fresh = new Set(rows.map(({ event_id: id }) => id));
    return [...byId.values()].filter(({ id }) => fresh.has(id));
  }

  /** Those of the events that are here, in the order of their ids. */
  async find(ids: readonly string[], querying: Pick<Transaction, 'query'> = this.database): Promise<PosthornEvent[]> {
    if (ids.length === 0) return [];
    const rows = await querying.query<{ envelope: PosthornEvent }>(
      'SELECT envelope FROM inbox WHERE event_id = ANY($1::uuid[]) ORDER BY event_id',
      [ids],
    );
    return rows.map(({ envelope }) => envelope);
  }

  /** Leaves nothing personal of these events. They stay, so that one that comes again is still known. */
  async erase(tx: Transaction, events: readonly PosthornEvent[]): Promise<void> {
    await tx.query(ERASE, [events.map(({ id }) => id), events.map((event) => JSON.stringify(eraseEvent(event)))]);
  }
}
