import { createHash } from 'node:crypto';
import { tileWidth } from './tile.js';
import type { TileSource } from './tree.reader.js';

const sha = (...parts: Uint8Array[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

export const leafOf = (data: Uint8Array): Buffer => sha(Buffer.from([0]), data);

/** RFC 6962, section 2.1, word for word: what the fast code is held against. It only remembers what it once hashed. */
export class ReferenceTree {
  private readonly known = new Map<string, Buffer>();

  constructor(private readonly leaves: readonly Buffer[]) {}

  /** MTH(D[from:to]). */
  mth(from: number, to: number): Buffer {
    const key = `${from}:${to}`;
    const hash = this.known.get(key) ?? this.hashed(from, to);
    this.known.set(key, hash);
    return hash;
  }

  /** PATH(m, D[from:to]), with `m` counted from the first leaf of all. */
  path(m: number, from: number, to: number): Buffer[] {
    if (to - from <= 1) return [];
    const k = from + largestPowerBelow(to - from);
    return m < k ? [...this.path(m, from, k), this.mth(k, to)] : [...this.path(m, k, to), this.mth(from, k)];
  }

  /** PROOF(m, D[0:to]). */
  proof(m: number, to: number): Buffer[] {
    return m === 0 ? [] : this.subproof(m, 0, to, true);
  }

  /** The tiles, each made from the leaves alone. */
  readonly tiles: TileSource = (places, size) =>
    Promise.resolve(
      places.map(({ level, number }) => {
        const key = `${level}/${number}/${tileWidth(size, level, number)}`;
        const tile = this.known.get(key) ?? this.tile(level, number, size);
        this.known.set(key, tile);
        return tile;
      }),
    );

  private tile(level: number, number: number, size: number): Buffer {
    const span = 256 ** level;
    const first = number * 256;
    return Buffer.concat(Array.from({ length: tileWidth(size, level, number) }, (_, at) => this.mth((first + at) * span, (first + at + 1) * span)));
  }

  private subproof(m: number, from: number, to: number, known: boolean): Buffer[] {
    if (m === to) return known ? [] : [this.mth(from, to)];
    const k = from + largestPowerBelow(to - from);
    if (m <= k) return [...this.subproof(m, from, k, known), this.mth(k, to)];
    return [...this.subproof(m, k, to, false), this.mth(from, k)];
  }

  private hashed(from: number, to: number): Buffer {
    if (to === from) return sha();
    if (to - from === 1) return this.leaves[from] ?? sha();
    const k = from + largestPowerBelow(to - from);
    return sha(Buffer.from([1]), this.mth(from, k), this.mth(k, to));
  }
}

function largestPowerBelow(n: number): number {
  return 2 ** Math.ceil(Math.log2(n) - 1);
}
