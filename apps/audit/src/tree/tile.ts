import { HASH_BYTES } from './merkle.hash.js';

/** Hashes in a full tile; each hash of one level stands for a full tile of the level below (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
const MAX_LEVEL = 63;

/** Where a tile stands: its level above the leaves, its number within the level, and how many hashes it has. */
export interface TilePlace {
  level: number;
  number: number;
  /** 256, or fewer at the right edge of the tree. */
  width: number;
}

/** A perfect subtree: 2 ** height leaves, the `index`-th of that height. */
export interface Subtree {
  height: number;
  index: number;
}

/** How wide the tile is in a tree of that size; 0 where there is none. */
export function tileWidth(size: number, level: number, number: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - number * TILE_WIDTH));
}

/** Which hashes of which tile lie under a perfect subtree, and nothing else. */
export function tileUnder({ height, index }: Subtree): { level: number; number: number; from: number; count: number } {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  const first = index * count;
  const number = Math.floor(first / TILE_WIDTH);
  return { level, number, from: first - number * TILE_WIDTH, count };
}

/** The hashes that stand one after another in a tile. */
export function hashesIn(tile: Uint8Array): Uint8Array[] {
  return Array.from({ length: tile.length / HASH_BYTES }, (_, at) => tile.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}

const NUMBER = String.raw`(?<groups>(?:x\d{3}/)*\d{3})(?:\.p/(?<width>[1-9]\d{0,2}))?`;
const TILE = new RegExp(`^(?<level>0|[1-9]\\d?)/${NUMBER}$`);
const BUNDLE = new RegExp(`^entries/${NUMBER}$`);

/** The place in a path such as `0/x001/234.p/12`; undefined for a path that the standard does not have. */
export function tilePlaceOf(path: string): TilePlace | undefined {
  const groups = TILE.exec(path)?.groups;
  if (groups === undefined) return undefined;
  const level = Number(groups['level']);
  const place = placeOf(groups['groups'] ?? '', groups['width']);
  return level > MAX_LEVEL || place === undefined ? undefined : { level, ...place };
}

/** The place in a path such as `entries/x001/234.p/12`: the entries under a tile of level 0. */
export function bundlePlaceOf(path: string): Omit<TilePlace, 'level'> | undefined {
  const groups = BUNDLE.exec(path)?.groups;
  return groups === undefined ? undefined : placeOf(groups['groups'] ?? '', groups['width']);
}

function placeOf(path: string, partial: string | undefined): Omit<TilePlace, 'level'> | undefined {
  // Only the shortest spelling, so that one tile has one address: no leading group of zeros.
  if (path.startsWith('x000/')) return undefined;
  const number = Number(path.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (!Number.isSafeInteger(number) || (partial !== undefined && width >= TILE_WIDTH)) return undefined;
  return { number, width };
}
