import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSet } from './id.set.js';
import { naive } from './log.test-kit.js';
import { EMPTY_ROOT, leafHash, nodeHash, rootOf } from './merkle.hash.js';
import { isConsistent, isIncluded } from './merkle.proof.js';
import { tilePath } from './tile.path.js';
import { TreeBuilder } from './tree.builder.js';

/** The leaves and roots that Certificate Transparency's own tests have. */
const CT_LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const CT_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leaves = Array.from({ length: 64 }, (_, at) => leafHash(Buffer.from(`entry ${at}`)));
const roots = Array.from({ length: 65 }, (_, size) => naive.root(leaves.slice(0, size)));
const other = leafHash(Buffer.from('another'));

describe('the tree', () => {
  it("has the roots of Certificate Transparency's test vectors", () => {
    const hashes = CT_LEAVES.map((hex) => leafHash(Buffer.from(hex, 'hex')));
    expect(CT_ROOTS.map((_, at) => rootOf(Buffer.concat(hashes.slice(0, at + 1))).toString('hex'))).toEqual(CT_ROOTS);
    expect(EMPTY_ROOT.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(nodeHash(hashes[0]!, hashes[1]!).toString('hex')).toBe(CT_ROOTS[1]);
  });

  it('is the same in whatever pieces it grows, and knows its root at every size it is asked for', () => {
    const many = Array.from({ length: 1_400 }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));
    const size = fc.integer({ min: 0, max: many.length });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 12 }), fc.uniqueArray(size, { maxLength: 4 }), (pieces, asked) => {
        const stops = asked.sort((a, b) => a - b);
        const tree = new TreeBuilder(stops);
        for (const piece of pieces) tree.append(Buffer.concat(many.slice(tree.size, Math.min(many.length, tree.size + piece))));
        expect(tree.root()).toEqual(naive.root(many.slice(0, tree.size)));
        for (const stop of stops) expect(tree.rootAt.get(stop)).toEqual(stop > tree.size ? undefined : naive.root(many.slice(0, stop)));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    [0, 0, 256, '/tile/0/000'],
    [1, 1_234_067, 3, '/tile/1/x001/x234/067.p/3'],
    ['entries', 255_999, 255, '/tile/entries/x255/999.p/255'],
  ] as const)('is served where the standard says: level %s, number %i, width %i at %s', (level, number, width, path) => {
    expect(tilePath(level, number, width)).toBe(path);
  });
});

describe('proofs', () => {
  it('of inclusion: every leaf of every tree up to 64 is accepted at its index, and at no other', () => {
    let accepted = 0;
    for (let size = 1; size <= 64; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = naive.path(index, leaves.slice(0, size));
        const claim = { index, leaf: leaves[index]!, size, root: roots[size]!, proof };
        if (isIncluded(claim)) accepted += 1;
        for (const wrong of [index - 1, index + 1, size, size + 1, 0.5, Number.NaN]) if (isIncluded({ ...claim, index: wrong })) expect.fail(`leaf ${index} of ${size} was accepted at ${wrong}`);
        const lies = [{ leaf: other }, { root: other }, { proof: [...proof, other] }, { proof: proof.slice(1) }, { leaf: Buffer.alloc(0) }];
        for (const lie of lies) if ((lie.proof === undefined || size > 1 || lie.proof.length > 0) && isIncluded({ ...claim, ...lie })) expect.fail(`a lie about leaf ${index} of ${size} was accepted`);
      }
    }
    expect(accepted).toBe((64 * 65) / 2);
  });

  it('of consistency: every tree up to 64 is the beginning of every longer one, and no other tree is', () => {
    let accepted = 0;
    for (let newer = 0; newer <= 64; newer += 1) {
      for (let older = 0; older <= newer; older += 1) {
        const proof = naive.consistency(older, leaves.slice(0, newer));
        const claim = { older: { size: older, root: roots[older]! }, newer: { size: newer, root: roots[newer]! }, proof };
        if (isConsistent(claim)) accepted += 1;
        const lies = [{ proof: [...proof, other] }, { older: { size: newer + 1, root: roots[older]! } }];
        const further = older === 0 ? [] : [{ older: { size: older, root: other } }, { newer: { size: newer, root: other } }, { proof: older === newer ? [other] : proof.slice(1) }, { proof: older === newer ? [other] : proof.slice(0, -1) }];
        for (const lie of [...lies, ...further]) if (isConsistent({ ...claim, ...lie })) expect.fail(`a lie about ${older} and ${newer} was accepted`);
      }
    }
    expect(accepted).toBe((65 * 66) / 2);
  });

  it('are verified beyond the 32 bits of a bit operation', () => {
    const path = Array.from({ length: 40 }, (_, at) => leafHash(Buffer.from(`sibling ${at}`)));
    const root = path.reduce((hash, sibling) => nodeHash(hash, sibling), leaves[0]!);
    expect(isIncluded({ index: 0, leaf: leaves[0]!, size: 2 ** 40, root, proof: path })).toBe(true);
    expect(isIncluded({ index: 2 ** 32, leaf: leaves[0]!, size: 2 ** 40, root, proof: path })).toBe(false);
    const newer = nodeHash(leaves[0]!, leaves[1]!);
    expect(isConsistent({ older: { size: 2 ** 39, root: leaves[0]! }, newer: { size: 2 ** 40, root: newer }, proof: [leaves[1]!] })).toBe(true);
    expect(isConsistent({ older: { size: 2 ** 38, root: leaves[0]! }, newer: { size: 2 ** 40, root: newer }, proof: [leaves[1]!] })).toBe(false);
  });
});

describe('ids', () => {
  it('are told apart, a hundred thousand of them, and each is known when it comes again', () => {
    const idOf = (at: number): string => `01a20411-bb52-7${(at % 4096).toString(16).padStart(3, '0')}-9cea-${(Math.imul(at, 0x9e3779b1) >>> 0).toString(16).padStart(12, 'e')}`;
    const ids = new IdSet();
    const count = 100_000;
    let fresh = 0;
    for (let at = 0; at < count; at += 1) if (ids.add(idOf(at))) fresh += 1;
    let known = 0;
    for (let at = 0; at < count; at += 7) if (!ids.add(idOf(at))) known += 1;
    expect([fresh, known]).toEqual([count, Math.ceil(count / 7)]);
  });
});
