import { type Envelope, eraseEvent, type EventType } from '@posthorn/contracts';
import type { Transaction } from '@posthorn/persistence';
import { peopleOf, personDigest } from './person.digest.js';

/** An envelope may have 256 KiB, so this is at most 25 MiB. */
const ENTRIES_AT_ONCE = 100;
/** Its two addresses are one person. Several in one form need not be. */
const CHANGE_OF_ADDRESS: EventType = 'customer.updated';

const OVERWRITE = `
  UPDATE ledger AS l SET envelope = e.envelope, idempotency_key = NULL, body_hash = NULL
    FROM unnest($1::uuid[], $2::text[]) AS e (id, envelope) WHERE l.id = e.id`;
const FORGET = `
  DELETE FROM ledger_people AS p USING unnest($1::uuid[], $2::uuid[]) AS e (person, id)
   WHERE p.person = e.person AND p.id = e.id`;

export interface ErasedEntry {
  id: string;
  type: string;
}

/** The ids of a person's events at a site, under this address and those that it replaced or was replaced by. */
export async function eventsOfPerson(tx: Transaction, site: string, address: string): Promise<string[]> {
  return [...(await followPerson(tx, site, address)).ids].sort();
}

/** The digests of this address and those that it replaced or was replaced by: as whom a person may be known elsewhere. */
export async function digestsOfPerson(tx: Transaction, site: string, address: string): Promise<string[]> {
  return [...(await followPerson(tx, site, address)).people];
}

async function followPerson(tx: Transaction, site: string, address: string): Promise<{ people: Set<string>; ids: Set<string> }> {
  const people = new Set<string>();
  const ids = new Set<string>();
  for (let asked = [personDigest(site, address)]; asked.length > 0; ) {
    asked.forEach((person) => people.add(person));
    const found = await tx.query<{ id: string }>('SELECT id FROM ledger_people WHERE person = ANY($1::uuid[])', [asked]);
    const fresh = found.map(({ id }) => id).filter((id) => !ids.has(id));
    fresh.forEach((id) => ids.add(id));
    const changes = await tx.query<{ envelope: string }>('SELECT envelope FROM ledger WHERE id = ANY($1::uuid[]) AND type = $2', [fresh, CHANGE_OF_ADDRESS]);
    asked = [...new Set(changes.flatMap(({ envelope }) => peopleOf(JSON.parse(envelope) as Envelope<unknown>)))].filter((person) => !people.has(person));
  }
  return { people, ids };
}

/**
 * Overwrites the personal values of entries where they stand, and forgets whom they were about and under which keys they
 * came. Answers those it erased: what is erased already, or not there, is not among them. Give the ids in ascending order,
 * as everybody does, so that two who erase the same entries do not wait for each other.
 */
export async function eraseEntries(tx: Transaction, ids: readonly string[]): Promise<ErasedEntry[]> {
  const erased: ErasedEntry[] = [];
  for (let next = 0; next < ids.length; next += ENTRIES_AT_ONCE) erased.push(...(await eraseSome(tx, ids.slice(next, next + ENTRIES_AT_ONCE))));
  return erased;
}

async function eraseSome(tx: Transaction, ids: readonly string[]): Promise<ErasedEntry[]> {
  const rows = await tx.query<{ envelope: string }>('SELECT envelope FROM ledger WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE', [ids]);
  const events = rows.map(({ envelope }) => JSON.parse(envelope) as Envelope<unknown>).filter(({ erased }) => erased !== true);
  const known = events.flatMap((event) => peopleOf(event).map((person) => ({ person, id: event.id })));
  await tx.query(OVERWRITE, [events.map(({ id }) => id), events.map((event) => JSON.stringify(eraseEvent(event)))]);
  await tx.query(FORGET, [known.map(({ person }) => person), known.map(({ id }) => id)]);
  return events.map(({ id, type }) => ({ id, type }));
}
