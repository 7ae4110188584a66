import { Injectable } from '@nestjs/common';
import { acceptedAtOf, newId } from '@posthorn/contracts';
import { Database, prepared } from '@posthorn/persistence';
import { contentHash } from '../accepting/acceptance.service.js';
import { keptDraftOf, peopleInAside, typeOf } from './draft.record.js';
import type { Aside, WaitingState } from './set-aside.js';

/** A row in the making. */
export interface QuarantineRow {
  id: string;
  aside: Aside;
  key: string | undefined;
  hash: Buffer | undefined;
  draft: string;
  /** By whose digests it is found when somebody is to be forgotten. */
  people: readonly string[];
  bytes: number;
}

/** What has the idempotency key already. */
export interface Incumbent {
  id: string;
  site: string;
  key: string;
  hash: Buffer | null;
  receivedAt: Date;
  /** `accepted`: it is in the ledger. */
  kind: WaitingState | 'accepted';
}

// What has the key in the ledger has been accepted; then there is nothing to decide.
const INSERT = prepared(`
  WITH kept AS (
    INSERT INTO quarantine (id, site, channel, kind, state, code, reasons, type, idempotency_key, body_hash, draft, bytes, received_at)
    SELECT q.id, q.site, q.channel, q.kind, q.kind, q.code, q.reasons, q.type, q.key, q.hash, q.draft, q.bytes, q.received_at FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::text[], $11::int[], $12::timestamptz[])
           AS q (id, site, channel, kind, code, reasons, type, key, hash, draft, bytes, received_at)
     WHERE NOT EXISTS (SELECT FROM ledger l WHERE l.site = q.site AND l.idempotency_key = q.key)
    ON CONFLICT DO NOTHING RETURNING id
  ), noted AS (
    INSERT INTO quarantine_people (person, id) SELECT p.person, p.id FROM unnest($13::uuid[], $14::uuid[]) AS p (person, id) JOIN kept USING (id)
  ) SELECT id FROM kept`);
const INCUMBENTS = prepared(`
  SELECT l.id, l.site, l.idempotency_key AS key, l.body_hash AS hash, l.accepted_at AS "receivedAt", 'accepted' AS kind
    FROM ledger l JOIN unnest($1::text[], $2::text[]) AS k (site, key) ON l.site = k.site AND l.idempotency_key = k.key
   UNION ALL
  SELECT q.id, q.site, q.idempotency_key, q.body_hash, q.received_at, q.kind
    FROM quarantine q JOIN unnest($1::text[], $2::text[]) AS k (site, key) ON q.site = k.site AND q.idempotency_key = k.key`);
const REPLACE = `
  WITH changed AS (
    UPDATE quarantine SET channel = $2, code = $3, reasons = $4, type = $5, body_hash = $6, draft = $7, bytes = $8 WHERE id = $1 AND state = 'refused' RETURNING id
  ), noted AS (
    INSERT INTO quarantine_people (person, id) SELECT p.person, changed.id FROM changed, unnest($9::uuid[]) AS p (person) ON CONFLICT DO NOTHING
  ) SELECT id FROM changed`;

/** The table of what is set aside. */
@Injectable()
export class QuarantineStore {
  constructor(private readonly database: Database) {}

  /** Undefined for a draft with more people in it than can be noted: it could not be erased with them. */
  rowOf(aside: Aside): QuarantineRow | undefined {
    const { draft: { once }, event } = aside;
    const people = peopleInAside(aside);
    if (people === undefined) return undefined;
    const draft = JSON.stringify(keptDraftOf(aside));
    return {
      id: event?.id ?? newId(), aside, key: once?.idempotencyKey, hash: once === undefined ? undefined : contentHash(once), draft, people, bytes: Buffer.byteLength(draft),
    };
  }

  /** One statement; answers the ids of those that are new. */
  async insert(rows: readonly QuarantineRow[]): Promise<Set<string>> {
    const kept = await this.database.query<{ id: string }>(INSERT, [
      rows.map(({ id }) => id),
      rows.map(({ aside }) => aside.draft.site),
      rows.map(({ aside }) => aside.draft.channel),
      rows.map(({ aside }) => aside.state),
      rows.map(({ aside }) => aside.code),
      rows.map(({ aside }) => JSON.stringify(aside.reasons)),
      rows.map(({ aside }) => typeOf(aside.draft) ?? null),
      rows.map(({ key }) => key ?? null),
      rows.map(({ hash }) => hash ?? null),
      rows.map(({ draft }) => draft),
      rows.map(({ bytes }) => bytes),
      rows.map(({ id }) => acceptedAtOf(id).toISOString()),
      rows.flatMap(({ people }) => people),
      rows.flatMap(({ people, id }) => people.map(() => id)),
    ]);
    return new Set(kept.map(({ id }) => id));
  }

  /** What has these keys, in the ledger or here. */
  incumbents(keys: readonly { site: string; key: string }[]): Promise<Incumbent[]> {
    return this.database.query<Incumbent>(INCUMBENTS, [keys.map(({ site }) => site), keys.map(({ key }) => key)]);
  }

  /** Another attempt at what is still refused takes its place; false when it was decided meanwhile. */
  async replace(id: string, { aside, hash, draft, bytes, people }: QuarantineRow): Promise<boolean> {
    const params = [id, aside.draft.channel, aside.code, JSON.stringify(aside.reasons), typeOf(aside.draft) ?? null, hash ?? null, draft, bytes, people];
    return (await this.database.query(REPLACE, params)).length > 0;
  }

  /** Lets go of the key of what is refused, for one that is better. */
  async freeKey(id: string): Promise<void> {
    await this.database.query("UPDATE quarantine SET idempotency_key = NULL WHERE id = $1 AND state = 'refused'", [id]);
  }
}
