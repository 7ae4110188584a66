import { prepared, type Transaction } from '@posthorn/persistence';
import type { FullTile } from '../tree/tree.edge.js';
import type { NewEntry } from './entry.js';
import type { WrittenEntry } from './entry.text.js';

/** An entry with its place in the log. */
export interface PlacedEntry extends WrittenEntry {
  entry: NewEntry;
  position: number;
  recordedAt: Date;
  /** The pseudonym of the person its personal values are about. */
  person?: string;
}

// Beside the text of the leaf, which is the entry: what it is looked for by.
const ENTRIES = prepared(`
  INSERT INTO entries (position, id, kind, site, type, service, connection, outcome, actor, event_id, correlation, causation,
                       person, recorded_at, blob, leaf)
  SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                       $9::text[], $10::uuid[], $11::text[], $12::uuid[], $13::uuid[], $14::timestamptz[], $15::bytea[], $16::text[])`);
const TILES = prepared(`
  INSERT INTO tiles (level, number, hashes, root) SELECT * FROM unnest($1::int[], $2::bigint[], $3::bytea[], $4::bytea[])`);
// Equal data have one blob.
const BLOBS = prepared(`
  INSERT INTO entry_blobs (sha256, bytes) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT (sha256) DO NOTHING`);

/** Appends entries, and the tiles they filled. */
export async function insertEntries(tx: Transaction, placed: readonly PlacedEntry[], tiles: readonly FullTile[]): Promise<void> {
  const blobs = placed.flatMap((one) => one.blobs);
  if (blobs.length > 0) await tx.query(BLOBS, [blobs.map(({ sha256 }) => sha256), blobs.map(({ bytes }) => bytes)]);
  const column = (value: (one: PlacedEntry) => unknown): unknown[] => placed.map((one) => value(one) ?? null);
  await tx.query(ENTRIES, [
    column(({ position }) => position),
    column(({ entry }) => entry.envelope.id),
    column(({ entry }) => entry.kind),
    column(({ entry }) => entry.envelope.site),
    column(({ entry }) => entry.envelope.type),
    column(({ entry }) => entry.service),
    column(({ entry }) => entry.connection),
    column(({ entry }) => entry.outcome),
    column(({ entry }) => entry.actor),
    column(({ entry }) => entry.eventId),
    column(({ entry }) => entry.envelope.correlationid),
    column(({ entry }) => entry.envelope.causationid),
    column(({ person }) => person),
    column(({ recordedAt }) => recordedAt),
    column(({ dataHash }) => dataHash),
    column(({ text }) => text),
  ]);
  if (tiles.length === 0) return;
  await tx.query(TILES, [tiles.map(({ level }) => level), tiles.map(({ number }) => number), tiles.map(({ hashes }) => hashes), tiles.map(({ root }) => root)]);
}
