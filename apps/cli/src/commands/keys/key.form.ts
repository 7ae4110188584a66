import { crc32 } from 'node:zlib';

// The program needs nothing but Node, so it works the check part out for itself.
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = /^ph_(?:secret|browser|webhook|auditor|operator)_/;
const WHOLE = /^(ph_[a-z]+_[0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;

export function isWellFormed(key: string): boolean {
  const [, body, check] = WHOLE.exec(key) ?? [];
  if (body === undefined || check === undefined || !PREFIX.test(key)) return false;
  const said = Array.from(check).reduce((sum, digit) => sum * DIGITS.length + DIGITS.indexOf(digit), 0);
  return said === crc32(body);
}

/** It begins as keys do, and is none. */
export function isMistyped(key: string): boolean {
  return PREFIX.test(key) && !isWellFormed(key);
}
