import { acceptedAtOf } from '@posthorn/contracts';
import { plainArray, prepared, type Transaction } from '@posthorn/persistence';
import type { AcceptEntry } from './ledger.entry.js';

/** Whoever runs SQL: the database, or the caller's transaction. */
export type Querying = Pick<Transaction, 'query'>;

/** An entry with its text: serialised once, then stored and published as it is. */
export interface WrittenEntry {
  id: string;
  subject: string;
  body: string;
}

// One statement is one transaction and one round trip. DO NOTHING without a target covers the key and the id.
const TAKE = `
  WITH taken AS (
    INSERT INTO ledger (id, site, type, subject, envelope, idempotency_key, body_hash, accepted_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::timestamptz[])
    ON CONFLICT DO NOTHING
    RETURNING id
  ), queued AS (
    INSERT INTO unrelayed (id) SELECT id FROM taken
  )`;
const INSERT = prepared(`${TAKE} SELECT id FROM taken`);
const INSERT_WITH_PEOPLE = prepared(`${TAKE}, noted AS (
    INSERT INTO ledger_people (person, id)
    SELECT p.person, p.id FROM unnest($9::uuid[], $10::uuid[]) AS p (person, id) JOIN taken USING (id)
  ) SELECT id FROM taken`);

/** Writes entries to the ledger and to what is still to be relayed; returns those that were new. */
export async function insertEntries(querying: Querying, entries: readonly (AcceptEntry & { body?: string })[]): Promise<Map<string, WrittenEntry>> {
  const written = new Map<string, WrittenEntry>();
  const ids: string[] = [];
  const columns: unknown[][] = [[], [], [], [], [], []];
  const [sites, types, subjects, bodies, keys, hashes] = columns as [unknown[], unknown[], unknown[], unknown[], unknown[], unknown[]];
  const times: string[] = [];
  const people: string[] = [];
  const idsOfPeople: string[] = [];
  for (const { envelope, subject, idempotencyKey, bodyHash, people: itsPeople = [], body = JSON.stringify(envelope) } of entries) {
    const { id } = envelope;
    if (!written.has(id)) {
      written.set(id, { id, subject, body });
      people.push(...itsPeople);
      idsOfPeople.push(...itsPeople.map(() => id));
    }
    ids.push(id);
    sites.push(envelope.site);
    types.push(envelope.type);
    subjects.push(subject);
    bodies.push(body);
    keys.push(idempotencyKey ?? null);
    hashes.push(bodyHash ?? null);
    times.push(acceptedAtOf(id).toISOString());
  }
  const params = [plainArray(ids), ...columns, plainArray(times)];
  const taken =
    people.length === 0
      ? await querying.query<{ id: string }>(INSERT, params)
      : await querying.query<{ id: string }>(INSERT_WITH_PEOPLE, [...params, plainArray(people), plainArray(idsOfPeople)]);
  if (taken.length === entries.length) return written;
  return new Map(taken.flatMap(({ id }) => {
    const entry = written.get(id);
    return entry === undefined ? [] : [[id, entry] as const];
  }));
}

export interface Incumbent {
  id: string;
  site: string;
  idempotency_key: string | null;
  body_hash: Buffer | null;
  accepted_at: Date;
}

const COLUMNS = 'l.id, l.site, l.idempotency_key, l.body_hash, l.accepted_at';

/** The rows whose id or key made the given entries bounce off. */
export function findIncumbents(querying: Querying, entries: readonly AcceptEntry[]): Promise<Incumbent[]> {
  const keyed = entries.filter(({ idempotencyKey }) => idempotencyKey !== undefined);
  return querying.query<Incumbent>(
    `SELECT ${COLUMNS} FROM ledger l
       JOIN unnest($1::text[], $2::text[]) AS k (site, key) ON l.site = k.site AND l.idempotency_key = k.key
     UNION
     SELECT ${COLUMNS} FROM ledger l WHERE l.id = ANY($3::uuid[])`,
    [keyed.map(({ envelope }) => envelope.site), keyed.map(({ idempotencyKey }) => idempotencyKey), entries.map(({ envelope }) => envelope.id)],
  );
}
