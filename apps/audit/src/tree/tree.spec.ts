import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_ROOT, HASH_BYTES, leafHash } from './merkle.hash.js';
import { leafOf, ReferenceTree } from './reference.test-kit.js';
import { TreeEdge } from './tree.edge.js';
import { TreeReader } from './tree.reader.js';

const leaves = Array.from({ length: 256 }, (_, n) => leafOf(Buffer.from(`entry ${n}`)));
const reference = new ReferenceTree(leaves);
const reader = new TreeReader(reference.tiles);

// The tree of the tests of Google's certificate-transparency, which every implementation since is held against.
const KNOWN_LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const KNOWN_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

// Some 66,000 proofs, most of them several hundred hashes.
const PATIENCE = { timeout: 120_000 };
const hex = (hashes: readonly Buffer[]): string => Buffer.concat(hashes).toString('hex');

describe('the tree', () => {
  it('has the published roots of certificate-transparency', () => {
    const edge = TreeEdge.empty();
    expect(edge.root.toString('hex')).toBe(KNOWN_ROOTS[0]);
    expect(EMPTY_ROOT.toString('hex')).toBe(KNOWN_ROOTS[0]);
    KNOWN_LEAVES.forEach((leaf, n) => {
      edge.append([leafHash(Buffer.from(leaf, 'hex'))]);
      expect(edge.root.toString('hex')).toBe(KNOWN_ROOTS[n + 1]);
    });
  });

  it('has the root of RFC 6962 at every size up to 256, written leaf by leaf or read from tiles', async () => {
    const edge = TreeEdge.empty();
    for (let size = 0; size <= leaves.length; size += 1) {
      const expected = reference.mth(0, size);
      expect(edge.root).toEqual(expected);
      expect(await reader.root(size)).toEqual(expected);
      edge.append(leaves.slice(size, size + 1));
    }
  });

  it('proves every leaf of every size up to 256 as RFC 6962 does', PATIENCE, async () => {
    for (let size = 1; size <= leaves.length; size += 1) {
      const indexes = Array.from({ length: size }, (_, index) => index);
      const proofs = await Promise.all(indexes.map((index) => reader.inclusionProof(index, size)));
      expect(proofs.map(hex)).toEqual(indexes.map((index) => hex(reference.path(index, 0, size))));
    }
  });

  it('proves that every size up to 256 begins every larger one, as RFC 6962 does', PATIENCE, async () => {
    for (let newer = 0; newer <= leaves.length; newer += 1) {
      const sizes = Array.from({ length: newer + 1 }, (_, older) => older);
      const proofs = await Promise.all(sizes.map((older) => reader.consistencyProof(older, newer)));
      expect(proofs.map(hex)).toEqual(sizes.map((older) => hex(reference.proof(older, newer))));
    }
  });

  it('goes on from its tiles at any size as if it had never stopped', PATIENCE, () => {
    const many = Array.from({ length: 70_000 }, (_, n) => leafHash(Buffer.from([n & 255, (n >> 8) & 255, n >> 16])));
    const whole = TreeEdge.empty();
    const tiles = whole.append(many);
    const roots = (level: number): Buffer[] => tiles.filter((tile) => tile.level === level).map(({ root }) => root);
    // What the standard says a tree of 70,000 has.
    expect([roots(0).length, roots(1).length, roots(2).length]).toEqual([273, 1, 0]);
    expect(tiles.every(({ hashes }) => hashes.length === 256 * HASH_BYTES)).toBe(true);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: many.length }), fc.integer({ min: 0, max: 600 }), (size, more) => {
        const until = Math.min(many.length, size + more);
        const lasting = [many.slice(0, size), roots(0).slice(0, Math.floor(size / 256)), roots(1).slice(0, Math.floor(size / 65_536))];
        const resumed = TreeEdge.of(size, lasting.map((hashes) => hashes.slice(Math.floor(hashes.length / 256) * 256)));
        const atOnce = TreeEdge.empty();
        atOnce.append(many.slice(0, until));
        resumed.append(many.slice(size, until));
        expect(resumed.root).toEqual(atOnce.root);
        expect(resumed.size).toBe(until);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses to go on from tiles that are not those of its size', () => {
    expect(() => TreeEdge.of(5, [leaves.slice(0, 4)])).toThrow(/TREE_EDGE_INCOMPLETE.*level 0.*has 4.*must have 5/);
  });

  it('says which tile is incomplete, rather than answer a wrong proof', async () => {
    const holed = new TreeReader((places) => Promise.resolve(places.map(() => Buffer.alloc(3 * HASH_BYTES))));
    await expect(holed.root(4)).rejects.toThrow(/TILE_INCOMPLETE: tile 0\/0 .* 0 to 3/);
  });
});
