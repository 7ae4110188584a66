import { hash } from 'node:crypto';

/** Bytes of a hash of the tree: SHA-256. */
export const HASH_BYTES = 32;

/** The root of a tree without leaves (RFC 6962, 2.1): the hash of nothing. */
export const EMPTY_ROOT: Buffer = hash('sha256', Buffer.alloc(0), 'buffer');

// The first byte keeps a leaf from ever being taken for a node (RFC 6962, 2.1).
const LEAF = 0x00;
const NODE = 0x01;

const node = Buffer.alloc(1 + 2 * HASH_BYTES);
node[0] = NODE;
let leaf = Buffer.alloc(4_096);

/** SHA-256(0x00 ‖ data). */
export function leafHash(data: Uint8Array): Buffer {
  if (leaf.length <= data.length) leaf = Buffer.alloc(2 * data.length);
  leaf[0] = LEAF;
  leaf.set(data, 1);
  return hash('sha256', leaf.subarray(0, 1 + data.length), 'buffer');
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return hash('sha256', node, 'buffer');
}

/** The root over neighbouring perfect subtrees whose sizes fall from left to right: the right edge of a tree. */
export function edgeRoot(peaks: readonly Uint8Array[]): Buffer {
  const last = peaks.at(-1);
  if (last === undefined) return EMPTY_ROOT;
  return Buffer.from(peaks.slice(0, -1).reduceRight<Uint8Array>((right, left) => nodeHash(left, right), last));
}

/** The root over the hashes of one level that fill a perfect subtree: their number is a power of two. */
export function perfectRoot(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at + 1 < row.length; at += 2) above.push(nodeHash(row[at] as Uint8Array, row[at + 1] as Uint8Array));
    row = above;
  }
  const [root] = row;
  if (root === undefined) throw new RangeError('A perfect subtree has at least one hash.');
  return root;
}
