import { Injectable } from '@nestjs/common';
import { createEvent, eventSubject, type PosthornEvent } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { Database, type Transaction } from '@posthorn/persistence';

type Request = PosthornEvent<'privacy.erasure_requested'>;

/** Requests of one site, whose events' messages are looked for in one pass. */
export interface TransportErasure {
  site: string;
  requests: readonly Request[];
}

/** A replica that dies holds the others up for so long. */
const CLAIM = "interval '1 minute'";
const REQUESTS_AT_ONCE = 50;
const TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended('posthorn transport erasures', 0))";

/** Which requests' events NATS may still have, and which of the replicas is looking. */
@Injectable()
export class TransportErasures {
  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
  ) {}

  /**
   * The oldest requests of a site, for this replica alone; undefined when there are none, or another one is at work. Those
   * whose events are still to be relayed wait: what is published later would be found by nobody.
   */
  claim(): Promise<TransportErasure | undefined> {
    return this.database.transaction(async (tx) => {
      await tx.query(TAKE_TURNS);
      const requests = await this.ready(tx);
      const [first] = requests;
      if (first === undefined) return undefined;
      const ofSite = requests.filter(({ site }) => site === first.site);
      await tx.query(`UPDATE transport_erasures SET claimed_until = now() + ${CLAIM} WHERE request = ANY($1::uuid[])`, [ofSite.map(({ id }) => id)]);
      return { site: first.site, requests: ofSite };
    });
  }

  async renew({ requests }: TransportErasure): Promise<void> {
    await this.database.query(`UPDATE transport_erasures SET claimed_until = now() + ${CLAIM} WHERE request = ANY($1::uuid[])`, [requests.map(({ id }) => id)]);
  }

  /** Lets others go on; what was overwritten so far stays counted. */
  async giveUp({ requests }: TransportErasure, messages: ReadonlyMap<string, number>): Promise<void> {
    await this.database.query(
      `UPDATE transport_erasures AS t SET claimed_until = '-infinity', messages = t.messages + r.messages
         FROM unnest($1::uuid[], $2::int[]) AS r (request, messages) WHERE t.request = r.request`,
      [requests.map(({ id }) => id), requests.map(({ id }) => messages.get(id) ?? 0)],
    );
  }

  /** Nothing is left of them: says so, once for each request. */
  async complete({ site, requests }: TransportErasure, messages: ReadonlyMap<string, number>): Promise<void> {
    await this.database.transaction(async (tx) => {
      const done = await tx.query<{ request: string; messages: number }>(
        'DELETE FROM transport_erasures WHERE request = ANY($1::uuid[]) RETURNING request, messages',
        [requests.map(({ id }) => id)],
      );
      const before = new Map(done.map((row) => [row.request, row.messages]));
      const events = requests.filter(({ id }) => before.has(id)).map(({ id, correlationid }) =>
        createEvent({
          site,
          type: 'privacy.transport_erased',
          data: { messages: (before.get(id) ?? 0) + (messages.get(id) ?? 0) },
          source: '/privacy',
          correlationid,
          causationid: id,
        }),
      );
      await this.ledger.append(tx, events.map((envelope) => ({ envelope, subject: eventSubject(site, envelope.type) })));
    });
  }

  private async ready(tx: Transaction): Promise<Request[]> {
    const rows = await tx.query<{ envelope: string }>(
      `SELECT l.envelope FROM transport_erasures t JOIN ledger l ON l.id = t.request
        WHERE NOT EXISTS (SELECT FROM transport_erasures WHERE claimed_until > now())
        ORDER BY t.request LIMIT ${REQUESTS_AT_ONCE}`,
    );
    const requests = rows.map(({ envelope }) => JSON.parse(envelope) as Request);
    const unrelayed = await tx.query<{ id: string }>('SELECT id FROM unrelayed WHERE id = ANY($1::uuid[])', [requests.flatMap(eventsOf)]);
    const waiting = new Set(unrelayed.map(({ id }) => id));
    return requests.filter((request) => !eventsOf(request).some((id) => waiting.has(id)));
  }
}

export function eventsOf({ data }: Request): string[] {
  return Object.values(data.events).flat();
}
