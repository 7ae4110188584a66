import { Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import type { ScannedEntry } from './entry.scan.js';

/** Such data have up to 256 KiB, and as much again where it is sealed: a batch of them would not be small any more. */
const LARGE_AT_ONCE = 16;

/** Reads the data that is too large for an entry. */
@Injectable()
export class BlobReader {
  constructor(private readonly database: Database) {}

  /** JSON texts by their SHA-256 in hex. */
  async read(hashes: readonly string[]): Promise<Map<string, string>> {
    if (hashes.length === 0) return new Map();
    const rows = await this.database.query<{ sha256: string; bytes: Buffer }>("SELECT encode(sha256, 'hex') AS sha256, bytes FROM entry_blobs WHERE sha256 = ANY($1::bytea[])", [hashes.map((hash) => Buffer.from(hash, 'hex'))]);
    return new Map(rows.map(({ sha256, bytes }) => [sha256, bytes.toString()]));
  }
}

/** A batch in parts that are small also with what is beside the log. */
export function partsOf(entries: readonly ScannedEntry[]): ScannedEntry[][] {
  const isLarge = entries.some(({ blob, personal, leaf }) => blob !== null || (personal && leaf.includes('],"sha256":"')));
  const step = isLarge ? LARGE_AT_ONCE : entries.length;
  return Array.from({ length: Math.ceil(entries.length / step) }, (_, at) => entries.slice(at * step, (at + 1) * step));
}
