import { Injectable } from '@nestjs/common';
import type { KeyKind } from '@posthorn/http';
import { Database, type Transaction } from '@posthorn/persistence';
import type { KeptSecret, KeyRights, NewKey } from './key.rights.js';
import { rightsOf } from './key.rights.js';

/** A key as operators see it: everything but its secrets. */
export interface KeyRow {
  id: string;
  kind: KeyKind;
  site: string | null;
  rights: KeyRights;
  createdAt: Date;
  createdBy: string;
  expiresAt: Date | null;
  revokedAt: Date | null;
  /** The newest first. */
  secrets: { madeAt: string; validUntil: string | null; lastUsedAt: string | null }[];
}

export type KeySummary = Pick<KeyRow, 'id' | 'kind' | 'site' | 'expiresAt' | 'revokedAt'>;

/** For so long after its end the holder of a secret is told that it has ended, rather than that it is not known. */
const REMEMBERED = "interval '30 days'";
const COUNTS_UNTIL = 'LEAST(k.expires_at, s.valid_until)';
const COUNTING = `k.revoked_at IS NULL AND COALESCE(${COUNTS_UNTIL}, 'infinity') > now() - ${REMEMBERED}`;
const SECRET = `k.id, k.kind, k.site, k.rights, encode(s.sha256, 'hex') AS sha256, ${COUNTS_UNTIL} AS "expiresAt"`;

/** The keys made by command, in Postgres. */
@Injectable()
export class KeyStore {
  constructor(private readonly database: Database) {}

  /** Goes up with every change. */
  async version(): Promise<string> {
    const [row] = await this.database.query<{ version: string }>('SELECT version FROM api_keys_version');
    return row?.version ?? '';
  }

  /** All there are, and of which version that is: one statement, so one snapshot. */
  async load(): Promise<{ version: string; secrets: KeptSecret[] }> {
    const rows = await this.database.query<{ version: string; id: string | null } & Omit<KeptSecret, 'id'>>(
      `SELECT v.version, ${SECRET} FROM api_keys_version v LEFT JOIN (api_keys k JOIN api_key_secrets s ON s.key = k.id) ON ${COUNTING}`,
    );
    return { version: rows[0]?.version ?? '', secrets: rows.flatMap(({ id, ...rest }) => (id === null ? [] : [{ ...rest, id }])) };
  }

  /** Of one kind, in the order of their digests. */
  ofKind(kind: KeyKind, after: string, limit: number): Promise<KeptSecret[]> {
    return this.database.query<KeptSecret>(
      `SELECT ${SECRET} FROM api_keys k JOIN api_key_secrets s ON s.key = k.id
       WHERE k.kind = $1 AND s.sha256 > decode($2, 'hex') AND ${COUNTING} ORDER BY s.sha256 LIMIT $3`,
      [kind, after, limit],
    );
  }

  list({ site, kind, after = '', limit }: { site?: string; kind?: KeyKind; after?: string; limit: number }): Promise<KeyRow[]> {
    return this.database.query<KeyRow>(
      `SELECT k.id, k.kind, k.site, k.rights, k.created_at AS "createdAt", k.created_by AS "createdBy", k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt",
              (SELECT jsonb_agg(jsonb_build_object('madeAt', s.made_at, 'validUntil', s.valid_until, 'lastUsedAt', s.last_used_at) ORDER BY s.made_at DESC)
               FROM api_key_secrets s WHERE s.key = k.id) AS secrets
       FROM api_keys k WHERE k.id > $1 AND ($2::text IS NULL OR k.site = $2) AND ($3::text IS NULL OR k.kind = $3) ORDER BY k.id LIMIT $4`,
      [after, site ?? null, kind ?? null, limit],
    );
  }

  /** Lets one change after the other through, and tells every replica of it. Comes first in a transaction that changes keys. */
  async announce(tx: Transaction): Promise<void> {
    await tx.query('UPDATE api_keys_version SET version = version + 1');
  }

  async find(tx: Transaction, id: string): Promise<KeySummary | undefined> {
    const [row] = await tx.query<KeySummary>('SELECT id, kind, site, expires_at AS "expiresAt", revoked_at AS "revokedAt" FROM api_keys WHERE id = $1', [id]);
    return row;
  }

  async insert(tx: Transaction, key: NewKey, createdBy: string): Promise<void> {
    await tx.query('INSERT INTO api_keys (id, kind, site, rights, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6)', [
      key.id, key.kind, 'site' in key ? key.site : null, JSON.stringify(rightsOf(key)), createdBy, key.expiresAt ?? null,
    ]);
  }

  async insertSecret(tx: Transaction, id: string, sha256: string): Promise<void> {
    await tx.query("INSERT INTO api_key_secrets (sha256, key) VALUES (decode($1, 'hex'), $2)", [sha256, id]);
  }

  /** Answers until when the secrets there are count from now on, at most. */
  async endSecrets(tx: Transaction, id: string, inHours: number): Promise<Date> {
    const [row] = await tx.query<{ until: Date }>("SELECT now() + $1 * interval '1 hour' AS until", [inHours]);
    if (row === undefined) throw new Error('Postgres did not say what time it is.');
    await tx.query("UPDATE api_key_secrets SET valid_until = $2 WHERE key = $1 AND COALESCE(valid_until, 'infinity') > $2", [id, row.until]);
    return row.until;
  }

  async revoke(tx: Transaction, id: string): Promise<void> {
    await tx.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id]);
  }

  async noteUses(uses: ReadonlyMap<string, number>): Promise<void> {
    await this.database.query(
      `UPDATE api_key_secrets s SET last_used_at = GREATEST(s.last_used_at, u.at)
       FROM unnest($1::text[], $2::timestamptz[]) AS u (sha256, at) WHERE s.sha256 = decode(u.sha256, 'hex')`,
      [[...uses.keys()], [...uses.values()].map((ms) => new Date(ms))],
    );
  }
}
