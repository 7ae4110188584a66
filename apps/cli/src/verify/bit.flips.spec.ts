import { describe, expect, it } from 'vitest';
import { openCheckpoint } from './checkpoint.js';
import { readBundle } from './entry.bundle.js';
import { Untrue } from './finding.js';
import { naive, TestLog, TRUST } from './log.test-kit.js';
import { HASH_BYTES, leafHash } from './merkle.hash.js';
import { isIncluded } from './merkle.proof.js';
import { TreeBuilder } from './tree.builder.js';

const SIZE = 21;
const log = new TestLog(SIZE);
const { root } = log.open();
const proofs = log.leaves.map((_, index) => naive.path(index, log.leaves));
const rootOver = (hashes: Buffer): Buffer => {
  const tree = new TreeBuilder();
  tree.append(hashes);
  return tree.root();
};

// The same changes in every run (a linear congruential generator).
let state = 20_261_122;
const random = (below: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

function flipped(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  const bit = random(copy.length * 8);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** How many of the changes are accepted. */
function accepted(changes: number, isAccepted: () => boolean): number {
  let count = 0;
  for (let change = 0; change < changes; change += 1) if (isAccepted()) count += 1;
  return count;
}

const isOpened = (note: Buffer): boolean => {
  try {
    openCheckpoint(note, TRUST, 'a note');
    return true;
  } catch (error) {
    if (error instanceof Untrue) return false;
    throw error;
  }
};

const claimOf = (index: number) => ({ index, leaf: log.leaves[index]!, size: SIZE, root, proof: proofs[index]! });

describe('100,000 random changes of a single bit', { timeout: 60_000 }, () => {
  it('30,000 in entries: none is accepted with its proof', () => {
    expect(isIncluded(claimOf(3))).toBe(true);
    expect(
      accepted(30_000, () => {
        const index = random(SIZE);
        return isIncluded({ ...claimOf(index), leaf: leafHash(flipped(Buffer.from(log.tree[index]!))) });
      }),
    ).toBe(0);
  });

  it('45,000 in proofs: none is accepted', () => {
    expect(
      accepted(45_000, () => {
        const index = random(SIZE);
        const proof = [...proofs[index]!];
        const at = random(proof.length);
        proof[at] = flipped(proof[at]!);
        return isIncluded({ ...claimOf(index), proof });
      }),
    ).toBe(0);
  });

  it('3,000 in checkpoints, text and signature alike: none is accepted', () => {
    const note = Buffer.from(log.note);
    expect(isOpened(note)).toBe(true);
    expect(accepted(3_000, () => isOpened(flipped(note)))).toBe(0);
  });

  it('12,000 in tiles: none leads to the root', async () => {
    const tile = (await log.tile(0, 0, SIZE))!;
    expect(rootOver(tile)).toEqual(root);
    expect(accepted(12_000, () => rootOver(flipped(tile)).equals(root))).toBe(0);
  });

  it('10,000 in bundles, lengths and entries alike: none leads to the root with all its entries', async () => {
    const bytes = (await log.entries(0, SIZE))!;
    const leads = (changed: Buffer): boolean => {
      const { hashes, whole } = readBundle(changed, SIZE);
      return whole && hashes.length === SIZE * HASH_BYTES && rootOver(hashes).equals(root);
    };
    expect(leads(Buffer.from(bytes))).toBe(true);
    expect(accepted(10_000, () => leads(flipped(bytes)))).toBe(0);
  });
});
