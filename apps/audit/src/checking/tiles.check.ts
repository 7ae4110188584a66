import { Database, prepared } from '@posthorn/persistence';
import { hashesIn, TILE_WIDTH } from '../tree/tile.js';
import { HASH_BYTES, perfectRoot } from '../tree/merkle.hash.js';
import type { CheckFindings } from './check.findings.js';

interface Tile {
  number: number;
  hashes: Buffer;
  root: Buffer;
}

const AT_ONCE = 256;
const ONE = prepared('SELECT number::float8 AS number, hashes, root FROM tiles WHERE level = 0 AND number = $1');
const PAGE = prepared('SELECT number::float8 AS number, hashes, root FROM tiles WHERE level = $1 AND number >= $2 AND number < $3 ORDER BY tiles.number');
const BELOW = prepared('SELECT number::float8 AS number, root FROM tiles WHERE level = $1 AND number >= $2 AND number < $3');
// By the size of this very moment: the log may have grown since.
const BEYOND = `
  SELECT level, count(*)::int AS count FROM tiles
   WHERE number >= floor((SELECT coalesce(max(position), 0) FROM entries) / power(256::numeric, level + 1)) GROUP BY level ORDER BY level`;

const fullTiles = (size: number, level: number): number => Math.floor(size / TILE_WIDTH ** (level + 1));

/** Compares every tile with what is below it: by this alone it is known where something was changed. */
export class TilesCheck {
  private tile: Tile | undefined;

  constructor(
    private readonly database: Database,
    private readonly findings: CheckFindings,
  ) {}

  /** Compares leaves, from that position on, with the tiles they belong to. */
  async compareLeaves(first: number, leaves: readonly Buffer[], size: number): Promise<void> {
    for (const [at, leaf] of leaves.entries()) {
      const index = first - 1 + at;
      const number = Math.floor(index / TILE_WIDTH);
      if (number >= fullTiles(size, 0)) return;
      if (this.tile?.number !== number) [this.tile] = await this.database.query<Tile>(ONE, [number]);
      const from = (index % TILE_WIDTH) * HASH_BYTES;
      // One that is missing is told with its level.
      if (this.tile === undefined || this.tile.hashes.subarray(from, from + HASH_BYTES).equals(leaf)) continue;
      this.findings.note('ENTRY_OR_TILE_CHANGED', `The entry at position ${index + 1} is not the one whose hash is in tile 0/${number}.`);
    }
  }

  /** Every tile that there has to be in a log of that size, level by level. */
  async compareLevels(size: number): Promise<void> {
    for (let level = 0; fullTiles(size, level) > 0; level += 1) await this.compareLevel(level, fullTiles(size, level));
    for (const { level, count } of await this.database.query<{ level: number; count: number }>(BEYOND)) {
      this.findings.note('TILE_BEYOND', `Level ${level} has ${count} tile${count === 1 ? '' : 's'} beyond the last entry.`);
    }
  }

  private async compareLevel(level: number, count: number): Promise<void> {
    let next = 0;
    for (let from = 0; from < count; from += AT_ONCE) {
      for (const tile of await this.database.query<Tile>(PAGE, [level, from, Math.min(from + AT_ONCE, count)])) {
        this.missing(level, next, tile.number);
        next = tile.number + 1;
        if (!tile.root.equals(perfectRoot(hashesIn(tile.hashes)))) this.findings.note('TILE_CHANGED', `Tile ${level}/${tile.number}: its root is not that of its hashes.`);
        if (level > 0) await this.compareBelow(level, tile);
      }
    }
    this.missing(level, next, count);
  }

  private async compareBelow(level: number, { number, hashes }: Tile): Promise<void> {
    const from = number * TILE_WIDTH;
    for (const below of await this.database.query<Omit<Tile, 'hashes'>>(BELOW, [level - 1, from, from + TILE_WIDTH])) {
      const at = (below.number - from) * HASH_BYTES;
      if (hashes.subarray(at, at + HASH_BYTES).equals(below.root)) continue;
      this.findings.note('TILE_ABOVE_DIFFERS', `Tile ${level}/${number} has another hash for tile ${level - 1}/${below.number} than its root.`);
    }
  }

  private missing(level: number, from: number, until: number): void {
    if (from < until) this.findings.note('TILE_MISSING', until - from === 1 ? `Tile ${level}/${from}.` : `Tiles ${level}/${from} to ${level}/${until - 1}.`);
  }
}
