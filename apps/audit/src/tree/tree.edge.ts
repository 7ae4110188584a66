import { edgeRoot, HASH_BYTES, perfectRoot } from './merkle.hash.js';
import { TILE_WIDTH } from './tile.js';

/** A tile that has just become full, and will never change again. */
export interface FullTile {
  level: number;
  number: number;
  hashes: Buffer;
  /** The hash of its subtree: what stands for it in the level above. */
  root: Buffer;
}

/**
 * The right edge of a tree: the tiles that are not full yet, one a level. It is all that a writer needs to go on, and
 * it never holds more than 255 hashes a level, however large the tree.
 */
export class TreeEdge {
  private constructor(
    private count: number,
    private readonly partial: Uint8Array[][],
  ) {}

  static empty(): TreeEdge {
    return new TreeEdge(0, []);
  }

  /** The edge of a tree of that size. `partial` has the hashes of each level's tile that is not full, level 0 first. */
  static of(size: number, partial: readonly (readonly Uint8Array[])[]): TreeEdge {
    partial.forEach((hashes, level) => {
      const expected = Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
      if (hashes.length !== expected) throw new RangeError(`TREE_EDGE_INCOMPLETE: level ${level} of a tree of ${size} entries has ${hashes.length} hashes in its last tile and must have ${expected}. Restore the tiles.`);
    });
    return new TreeEdge(size, partial.map((hashes) => [...hashes]));
  }

  get size(): number {
    return this.count;
  }

  /** The root over all leaves so far. */
  get root(): Buffer {
    return edgeRoot(this.partial.toReversed().flatMap(peaksOf));
  }

  clone(): TreeEdge {
    return TreeEdge.of(this.count, this.partial);
  }

  /** Adds leaves by their hashes, and answers the tiles that became full by it. */
  append(leafHashes: readonly Uint8Array[]): FullTile[] {
    const full: FullTile[] = [];
    for (const leaf of leafHashes) {
      this.push(0, leaf, full);
      this.count += 1;
    }
    return full;
  }

  private push(level: number, hash: Uint8Array, full: FullTile[]): void {
    const hashes = (this.partial[level] ??= []);
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return;
    const root = Buffer.from(perfectRoot(hashes));
    full.push({ level, number: Math.floor(this.count / TILE_WIDTH ** (level + 1)), hashes: Buffer.concat(hashes, TILE_WIDTH * HASH_BYTES), root });
    this.partial[level] = [];
    this.push(level + 1, root, full);
  }
}

// As many perfect subtrees as their number has bits, the largest first.
function peaksOf(hashes: readonly Uint8Array[]): Uint8Array[] {
  const peaks: Uint8Array[] = [];
  let from = 0;
  for (let width = TILE_WIDTH / 2; width >= 1; width /= 2) {
    if ((hashes.length & width) === 0) continue;
    peaks.push(perfectRoot(hashes.slice(from, from + width)));
    from += width;
  }
  return peaks;
}
