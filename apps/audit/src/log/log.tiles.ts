import { Injectable } from '@nestjs/common';
import { Database, prepared, type Transaction } from '@posthorn/persistence';
import { HASH_BYTES, leafHash } from '../tree/merkle.hash.js';
import { TILE_WIDTH, tileWidth } from '../tree/tile.js';
import { TreeReader } from '../tree/tree.reader.js';

/** Where statements go: to the database, or into one transaction. */
export type Asker = Pick<Transaction, 'query'>;

interface Place {
  level: number;
  number: number;
}

const SIZE = prepared('SELECT coalesce(max(position), 0)::float8 AS size FROM entries');
const FULL = prepared(`
  SELECT level, number::float8 AS number, hashes FROM tiles JOIN unnest($1::int[], $2::bigint[]) AS wanted (level, number) USING (level, number)`);
const LEAVES = prepared('SELECT leaf FROM entries WHERE position > $1 AND position <= $2 ORDER BY position');
const ROOTS = prepared('SELECT root FROM tiles WHERE level = $1 AND number >= $2 AND number < $3 ORDER BY number');

/** The tree of the log as it lies in Postgres. */
@Injectable()
export class LogTiles {
  constructor(private readonly database: Database) {}

  async size(asker: Asker = this.database): Promise<number> {
    const [row] = await asker.query<{ size: number }>(SIZE);
    return row?.size ?? 0;
  }

  reader(asker: Asker = this.database): TreeReader {
    return new TreeReader((places, size) => this.tiles(asker, places, size));
  }

  /** The first hashes of a tile, as many as are asked for; fewer where the log does not have them. */
  async tile({ level, number, width }: Place & { width: number }): Promise<Buffer> {
    const [tile = Buffer.alloc(0)] = await this.tiles(this.database, [{ level, number }], (number * TILE_WIDTH + width) * TILE_WIDTH ** level);
    return tile.subarray(0, width * HASH_BYTES);
  }

  /** The entries below a tile of level 0, each behind its length in two bytes (C2SP tlog-tiles). */
  async bundle(number: number, width: number): Promise<Buffer> {
    const leaves = await this.leaves(this.database, number * TILE_WIDTH, number * TILE_WIDTH + width);
    return Buffer.concat(
      leaves.flatMap((leaf) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(leaf.length);
        return [length, leaf];
      }),
    );
  }

  private async tiles(asker: Asker, places: readonly Place[], size: number): Promise<Buffer[]> {
    const full = await asker.query<Place & { hashes: Buffer }>(FULL, [places.map(({ level }) => level), places.map(({ number }) => number)]);
    const found: Buffer[] = [];
    for (const place of places) {
      const stored = full.find(({ level, number }) => level === place.level && number === place.number);
      found.push(stored?.hashes ?? (await this.partial(asker, place, size)));
    }
    return found;
  }

  // Only full tiles are stored: the last one of each level follows from what is below it.
  private async partial(asker: Asker, { level, number }: Place, size: number): Promise<Buffer> {
    const from = number * TILE_WIDTH;
    const to = from + tileWidth(size, level, number);
    if (level === 0) return Buffer.concat((await this.leaves(asker, from, to)).map(leafHash));
    const rows = await asker.query<{ root: Buffer }>(ROOTS, [level - 1, from, to]);
    return Buffer.concat(rows.map(({ root }) => root));
  }

  private async leaves(asker: Asker, from: number, to: number): Promise<Buffer[]> {
    const rows = await asker.query<{ leaf: string }>(LEAVES, [from, to]);
    return rows.map(({ leaf }) => Buffer.from(leaf));
  }
}
