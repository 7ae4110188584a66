import { Injectable } from '@nestjs/common';
import { Database, prepared } from '@posthorn/persistence';
import type { TreeHead } from '../tree/checkpoint.js';
import { LogIdentity } from './log.identity.js';
import type { Asker } from './log.tiles.js';

export interface KeptCheckpoint extends TreeHead {
  /** As it was signed, without cosignatures. */
  note: string;
  signedAt: Date;
}

// Ordered by `c.size`, the column: `size` alone is what is selected under that name, which no index has.
const COLUMNS = 'size::float8 AS size, root, note, signed_at AS "signedAt"';
const COSIGNED = `note || coalesce((SELECT string_agg(line || E'\\n', '' ORDER BY witness) FROM cosignatures s WHERE s.origin = c.origin AND s.size = c.size), '')`;

const NEWEST = prepared(`SELECT ${COLUMNS}, extract(epoch FROM now() - signed_at)::float8 * 1000 AS "ageMs" FROM checkpoints c WHERE origin = $1 ORDER BY c.size DESC LIMIT 1`);
// Another replica may have been first: then its checkpoint is the one that follows.
const KEEP = prepared('INSERT INTO checkpoints (origin, size, previous, root, note) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING');
const AFTER = prepared(`SELECT ${COLUMNS} FROM checkpoints c WHERE origin = $1 AND size > $2 ORDER BY c.size LIMIT $3`);
const BEFORE = `SELECT size::float8 AS size, signed_at AS "signedAt", ${COSIGNED} AS note FROM checkpoints c WHERE origin = $1 AND ($2::bigint IS NULL OR size < $2) ORDER BY c.size DESC LIMIT $3`;
const COUNT_AFTER = 'SELECT count(*)::int AS count FROM checkpoints WHERE origin = $1 AND size > $2';
const COSIGN = prepared('INSERT INTO cosignatures (origin, size, witness, line) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING');
const WITNESSED = 'SELECT coalesce(max(size), 0)::float8 AS size FROM cosignatures WHERE origin = $1 AND witness = $2';

/** The checkpoints of this log in its own database, where they can be added and not changed. */
@Injectable()
export class CheckpointShelf {
  constructor(
    private readonly database: Database,
    private readonly identity: LogIdentity,
  ) {}

  async newest(asker: Asker = this.database): Promise<(KeptCheckpoint & { ageMs: number }) | undefined> {
    const [row] = await asker.query<KeptCheckpoint & { ageMs: number }>(NEWEST, [this.identity.origin]);
    return row;
  }

  async keep({ size, root, note }: TreeHead & { note: string }, previous: number): Promise<void> {
    await this.database.query(KEEP, [this.identity.origin, size, previous, root, note]);
  }

  after(size: number, limit: number): Promise<KeptCheckpoint[]> {
    return this.database.query(AFTER, [this.identity.origin, size, limit]);
  }

  async countAfter(size: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(COUNT_AFTER, [this.identity.origin, size]);
    return row?.count ?? 0;
  }

  /** With their cosignatures, the newest first; with `before`, only smaller ones. */
  page(limit: number, before?: number): Promise<{ size: number; signedAt: Date; note: string }[]> {
    return this.database.query(BEFORE, [this.identity.origin, before ?? null, limit]);
  }

  async cosign(size: number, witness: string, line: string): Promise<void> {
    await this.database.query(COSIGN, [this.identity.origin, size, witness, line]);
  }

  /** The largest size that the witness has cosigned; 0 for none. */
  async witnessed(witness: string): Promise<number> {
    const [row] = await this.database.query<{ size: number }>(WITNESSED, [this.identity.origin, witness]);
    return row?.size ?? 0;
  }
}
