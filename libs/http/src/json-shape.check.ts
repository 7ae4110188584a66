import type { BadField } from './problem.error.js';

const DANGEROUS_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const ENOUGH = 50;

/**
 * What is wrong with parsed JSON before anyone looks at its meaning: nesting that would overflow the stack of
 * whoever serialises it, keys that could change an object's prototype, and text that Postgres cannot store.
 */
export function findBadShapes(value: unknown, maxDepth: number): BadField[] {
  const bad: BadField[] = [];
  // Almost every request is well-formed, so pointers are only worked out in the second, rare walk.
  if (!isSound(value, maxDepth)) collect(value, '', maxDepth, bad);
  return bad;
}

function isSound(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isSound(item, levels - 1));
  for (const [key, item] of Object.entries(value)) {
    if (DANGEROUS_KEYS.has(key) || !isStorable(key) || !isSound(item, levels - 1)) return false;
  }
  return true;
}

function collect(value: unknown, pointer: string, levels: number, bad: BadField[]): void {
  if (bad.length >= ENOUGH) return;
  if (typeof value === 'string') {
    if (!isStorable(value)) bad.push({ pointer, rule: 'text', message: UNSTORABLE });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (levels === 0) {
    bad.push({ pointer, rule: 'max-depth', message: 'Nested too deeply; flatten the structure.' });
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    const at = `${pointer}/${escapePointer(key)}`;
    if (DANGEROUS_KEYS.has(key)) {
      bad.push({ pointer: at, rule: 'forbidden-key', message: 'This name is not allowed for a field.' });
    } else if (!isStorable(key)) {
      bad.push({ pointer: at.toWellFormed(), rule: 'text', message: UNSTORABLE });
    } else {
      collect(item, at, levels - 1, bad);
    }
  }
}

const UNSTORABLE = 'Holds a NUL character or half a surrogate pair; remove it.';

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
