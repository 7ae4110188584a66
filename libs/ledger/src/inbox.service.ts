import { Injectable } from '@nestjs/common';
import { eraseEvent, type PosthornEvent } from '@posthorn/contracts';
import { Database, prepared, type Transaction } from '@posthorn/persistence';
import { inboxOf, inboxSql } from './inbox.statement.js';

const RECORD = prepared(`WITH ${inboxSql({ first: 1 })} SELECT event_id FROM recorded`);

const ERASE = `
  UPDATE inbox SET envelope = e.envelope FROM unnest($1::uuid[], $2::json[]) AS e (event_id, envelope) WHERE inbox.event_id = e.event_id`;

/** The events this service has received, each once, whatever the transport repeats. */
@Injectable()
export class Inbox {
  constructor(private readonly database: Database) {}

  /** Records events, in the caller's transaction or on their own, and returns those that are new, in the order given. */
  async record(querying: Pick<Transaction, 'query'>, events: readonly PosthornEvent[]): Promise<PosthornEvent[]> {
    if (events.length === 0) return [];
    const arrival = inboxOf(events);
    const rows = await querying.query<{ event_id: string }>(RECORD, arrival.columns);
    return arrival.eventsOf(rows.map(({ event_id: id }) => id));
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
