import { EMPTY_ROOT, HASH_BYTES, rootOf } from './merkle.hash.js';
import { TILE_BYTES, TILE_WIDTH } from './tile.path.js';

/** A tile, full or at the right edge of the tree, with what is in it. */
export interface BuiltTile {
  level: number;
  number: number;
  hashes: Buffer;
}

interface Edge {
  number: number;
  bytes: number;
  hashes: Buffer;
}

/** Grows a tree by its leaves and keeps only its right edge. Remembers the root at the sizes it is told to. */
export class TreeBuilder {
  readonly rootAt = new Map<number, Buffer>();
  size = 0;
  private edges: Edge[] = [];
  private full: BuiltTile[] = [];

  /** `stops`: sizes, in ascending order. */
  constructor(private readonly stops: readonly number[] = []) {
    if (stops.includes(0)) this.rootAt.set(0, EMPTY_ROOT);
  }

  append(leaves: Uint8Array): void {
    let at = 0;
    const end = this.size + leaves.length / HASH_BYTES;
    for (const stop of this.stops) {
      if (stop <= this.size || stop > end) continue;
      const bytes = (stop - this.size) * HASH_BYTES;
      this.add(0, leaves.subarray(at, at + bytes));
      at += bytes;
      this.size = stop;
      this.rootAt.set(stop, this.root());
    }
    this.add(0, leaves.subarray(at));
    this.size = end;
  }

  /** Of the whole tree; or of what at the right edge no tile of `level` stands for yet, undefined where that is nothing. */
  root(): Buffer;
  root(below: number): Buffer | undefined;
  root(below = Infinity): Buffer | undefined {
    let right: Buffer | undefined;
    for (const { hashes, bytes } of this.edges.slice(0, below)) {
      const row = Buffer.concat([hashes.subarray(0, bytes), ...(right === undefined ? [] : [right])]);
      if (row.length > 0) right = rootOf(row);
    }
    return right ?? (below === Infinity ? EMPTY_ROOT : undefined);
  }

  /** The tiles above the leaves that were filled since this was last asked. */
  takeFull(): BuiltTile[] {
    const taken = this.full;
    this.full = [];
    return taken;
  }

  /** The tiles above the leaves that are not full. */
  partial(): BuiltTile[] {
    return this.edges.flatMap(({ number, bytes, hashes }, level) => (level === 0 || bytes === 0 ? [] : [{ level, number, hashes: hashes.subarray(0, bytes) }]));
  }

  /** Another tree that begins like this one. */
  fork(): TreeBuilder {
    const other = new TreeBuilder(this.stops);
    for (const [size, root] of this.rootAt) other.rootAt.set(size, root);
    other.size = this.size;
    other.edges = this.edges.map((edge) => ({ ...edge, hashes: Buffer.from(edge.hashes) }));
    return other;
  }

  private add(level: number, hashes: Uint8Array): void {
    const edge = (this.edges[level] ??= { number: 0, bytes: 0, hashes: Buffer.alloc(TILE_WIDTH * HASH_BYTES) });
    for (let at = 0; at < hashes.length; ) {
      const part = hashes.subarray(at, at + TILE_BYTES - edge.bytes);
      edge.hashes.set(part, edge.bytes);
      edge.bytes += part.length;
      at += part.length;
      if (edge.bytes < TILE_BYTES) continue;
      if (level > 0) this.full.push({ level, number: edge.number, hashes: Buffer.from(edge.hashes) });
      edge.number += 1;
      edge.bytes = 0;
      this.add(level + 1, rootOf(edge.hashes));
    }
  }
}
