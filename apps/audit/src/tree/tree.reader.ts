import { edgeRoot, perfectRoot } from './merkle.hash.js';
import { consistencyPath, inclusionPath, type Span, subtreesOf } from './proof.path.js';
import { hashesIn, type Subtree, tileUnder } from './tile.js';

/** Where tiles are kept. Answers a tile with at least as many hashes as the tree of that size has in it. */
export type TileSource = (places: readonly { level: number; number: number }[], size: number) => Promise<Uint8Array[]>;

/** Answers roots and proofs of a tree out of its tiles: a handful of them, however large the tree. */
export class TreeReader {
  constructor(private readonly tiles: TileSource) {}

  /** The root the tree had when it was that large. */
  async root(size: number): Promise<Buffer> {
    const [[root] = []] = await this.rootsOf([[{ from: 0, to: size }]], size);
    return root ?? edgeRoot([]);
  }

  /** Hashes from the leaf up, for RFC 9162, 2.1.3.2. */
  async inclusionProof(index: number, size: number): Promise<Buffer[]> {
    const [proof = []] = await this.inclusionProofs([index], size);
    return proof;
  }

  /** The same of many leaves at once: each tile is read once, and each subtree hashed once. */
  inclusionProofs(indices: readonly number[], size: number): Promise<Buffer[][]> {
    return this.rootsOf(indices.map((index) => inclusionPath(index, size)), size);
  }

  /** Hashes for RFC 9162, 2.1.4.2. */
  async consistencyProof(older: number, newer: number): Promise<Buffer[]> {
    const [proof = []] = await this.rootsOf([consistencyPath(older, newer)], newer);
    return proof;
  }

  private async rootsOf(paths: readonly (readonly Span[])[], size: number): Promise<Buffer[][]> {
    const subtrees = paths.map((path) => path.map(subtreesOf));
    const places = new Map(subtrees.flat(2).map(tileUnder).map((tile) => [`${tile.level}/${tile.number}`, { level: tile.level, number: tile.number }]));
    const found = await this.tiles([...places.values()], size);
    const tiles = new Map([...places.keys()].map((key, at) => [key, hashesIn(found[at] ?? new Uint8Array())]));
    const roots = new Map<string, Uint8Array>();
    const known = (part: Subtree): Uint8Array => {
      const name = `${part.height}/${part.index}`;
      const root = roots.get(name) ?? rootOf(part, tiles);
      roots.set(name, root);
      return root;
    };
    return subtrees.map((path) => path.map((parts) => edgeRoot(parts.map(known))));
  }
}

function rootOf(subtree: Subtree, tiles: ReadonlyMap<string, Uint8Array[]>): Uint8Array {
  const { level, number, from, count } = tileUnder(subtree);
  const hashes = tiles.get(`${level}/${number}`)?.slice(from, from + count) ?? [];
  if (hashes.length < count) throw new RangeError(`TILE_INCOMPLETE: tile ${level}/${number} of the log lacks hashes ${from} to ${from + count - 1}. Run the check of the log.`);
  return perfectRoot(hashes);
}
