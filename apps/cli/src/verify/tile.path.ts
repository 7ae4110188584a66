import { HASH_BYTES } from './merkle.hash.js';

/** C2SP tlog-tiles: so many hashes in a full tile, and so many entries in a full bundle. */
export const TILE_WIDTH = 256;
export const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

/** Where a tile is served; `entries` are the bundles of entries. */
export function tilePath(level: number | 'entries', number: number, width = TILE_WIDTH): string {
  return `/tile/${level}/${groupsOf(number)}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** 1234067 → x001/x234/067. */
function groupsOf(number: number): string {
  const digits = String(number);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
}
