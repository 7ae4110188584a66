import { Injectable } from '@nestjs/common';
import type { Transaction } from '@posthorn/persistence';
import type { ErasureRequest } from './erasure.notice.js';

export interface ErasedPeople {
  people: number;
  /** Entries of these people that the request does not name: they went with the key. */
  unlisted: number;
}

// Of the site that asks, and of no other: a request cannot reach beyond its own.
const LIST = `
  INSERT INTO listed_events (id, site, request)
  SELECT id, $2, $3 FROM unnest($1::uuid[]) AS listed (id)
   WHERE NOT EXISTS (SELECT FROM entries other WHERE other.id = listed.id AND other.site IS DISTINCT FROM $2)
  ON CONFLICT DO NOTHING`;
const WHO = `
  SELECT DISTINCT entry.person FROM unnest($1::uuid[]) AS listed (id) JOIN entries entry ON entry.event_id = listed.id
   WHERE entry.site = $2 AND entry.person IS NOT NULL
     AND ($3 OR NOT EXISTS (
       SELECT FROM entries later WHERE later.person = entry.person
          AND NOT EXISTS (SELECT FROM listed_events listed WHERE listed.id = coalesce(later.event_id, later.id))))`;
const DESTROY = 'DELETE FROM people WHERE pseudonym = ANY($1::uuid[]) RETURNING pseudonym';
const LEFT = `
  SELECT (SELECT count(*) FROM people WHERE pseudonym = ANY($1::uuid[])) + (SELECT count(*) FROM person_addresses WHERE pseudonym = ANY($1::uuid[])) AS rows`;
const UNLISTED = `
  SELECT count(*)::int AS entries FROM entries
   WHERE person = ANY($1::uuid[]) AND kind = 'event' AND NOT EXISTS (SELECT FROM listed_events listed WHERE listed.id = entries.id)`;
const SETTLE = `
  DELETE FROM listed_events WHERE id IN (
    SELECT event_id FROM entries WHERE person = ANY($1::uuid[])
    UNION ALL SELECT entry.id FROM unnest($2::uuid[]) AS listed (id) JOIN entries entry USING (id) WHERE entry.site = $3 AND NOT EXISTS (SELECT FROM people WHERE pseudonym = entry.person))`;

/** Destroys the keys of those whom a request's events are about. The entries stay, and nobody can read what was sealed in them. */
@Injectable()
export class PeopleEraser {
  /** Only inside the transaction that holds the log's lock: nothing is being sealed meanwhile. */
  async erase(tx: Transaction, { id, site, cause, events }: ErasureRequest): Promise<ErasedPeople> {
    const listed = Object.values(events).flat();
    await tx.query(LIST, [listed, site, id]);
    // Who is only forgotten for having been kept long enough may have come back since: their key goes with the last event.
    const whole = cause !== 'retention';
    const who = (await tx.query<{ person: string }>(WHO, [listed, site, whole])).map(({ person }) => person);
    const destroyed = await tx.query(DESTROY, [who]);
    await assertNothingLeft(tx, who);
    const [unlisted] = await tx.query<{ entries: number }>(UNLISTED, [who]);
    await tx.query(SETTLE, [who, listed, site]);
    return { people: destroyed.length, unlisted: unlisted?.entries ?? 0 };
  }
}

async function assertNothingLeft(tx: Transaction, people: readonly string[]): Promise<void> {
  const [left] = await tx.query<{ rows: string }>(LEFT, [people]);
  if (Number(left?.rows) === 0) return;
  throw new Error('ERASURE_INCOMPLETE: keys or addresses of people who are to be forgotten were still there after they were deleted, so nothing was. Something in the database brings them back: look for triggers and rules on people and person_addresses.');
}
