import type { Subtree } from './tile.js';

/** Leaves `from` up to, not including, `to`. */
export interface Span {
  from: number;
  to: number;
}

/** The spans whose roots prove that leaf `index` is in the tree of that size, from the leaf up (RFC 9162, 2.1.3.1). */
export function inclusionPath(index: number, size: number): Span[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`There is no leaf ${index} in a tree of ${size}.`);
  const path: Span[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push({ from: middle, to });
      to = middle;
    } else {
      path.push({ from, to: middle });
      from = middle;
    }
  }
  return path.reverse();
}

/** The spans whose roots prove that the tree of `older` leaves is the beginning of that of `newer` (RFC 9162, 2.1.4.1). */
export function consistencyPath(older: number, newer: number): Span[] {
  if (!(older >= 0 && older <= newer)) throw new RangeError(`A tree of ${older} leaves cannot be the beginning of one of ${newer}.`);
  // The empty tree begins every tree, and a tree begins itself.
  if (older === 0 || older === newer) return [];
  const path: Span[] = [];
  let [from, to] = [0, newer];
  while (to !== older) {
    const middle = from + splitOf(to - from);
    if (older <= middle) {
      path.push({ from: middle, to });
      to = middle;
    } else {
      path.push({ from, to: middle });
      from = middle;
    }
  }
  // The older root itself is known to whoever checks; a part of it on the right is not.
  if (from > 0) path.push({ from, to });
  return path.reverse();
}

/** The perfect subtrees a span of a tree is made of, the largest first. */
export function subtreesOf({ from, to }: Span): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = from; at < to; ) {
    let [height, leaves] = [0, 1];
    while (at % (leaves * 2) === 0 && at + leaves * 2 <= to) {
      height += 1;
      leaves *= 2;
    }
    subtrees.push({ height, index: at / leaves });
    at += leaves;
  }
  return subtrees;
}

/** The largest power of two below the number of leaves. */
function splitOf(leaves: number): number {
  let split = 1;
  while (split * 2 < leaves) split *= 2;
  return split;
}
