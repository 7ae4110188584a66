import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `secret`: a site's server. `browser`: a site's pages. `webhook`: a sender that cannot sign. `auditor`, `operator`: people. */
export const KEY_KINDS = ['secret', 'browser', 'webhook', 'auditor', 'operator'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62 to the 30th is more than 178 bits. */
const RANDOM_DIGITS = 30;
const CHECK_DIGITS = 6;
const PREFIX = new RegExp(`^ph_(?:${KEY_KINDS.join('|')})_`);
const WHOLE = new RegExp(`${PREFIX.source}[0-9A-Za-z]{${RANDOM_DIGITS + CHECK_DIGITS}}$`);

/** A new key: a prefix to know it by, random digits, and a check part that tells a typo from a key nobody knows. */
export function newKeySecret(kind: KeyKind): string {
  const body = `ph_${kind}_${randomDigits()}`;
  return body + checkPartOf(body);
}

/** Whether it begins as our keys do and is not one: somebody has mistyped, cut or extended it. */
export function isMistyped(secret: string): boolean {
  return PREFIX.test(secret) && !isWellFormed(secret);
}

/** Whether it could be a key of ours by its form alone. */
export function isWellFormed(secret: string): boolean {
  const body = secret.slice(0, -CHECK_DIGITS);
  return WHOLE.test(secret) && secret.slice(-CHECK_DIGITS) === checkPartOf(body);
}

function checkPartOf(body: string): string {
  let text = '';
  for (let rest = crc32(body); text.length < CHECK_DIGITS; rest = Math.floor(rest / DIGITS.length)) text = DIGITS.charAt(rest % DIGITS.length) + text;
  return text;
}

function randomDigits(): string {
  let text = '';
  // A byte beyond the largest multiple of 62 would make the first digits likelier than the others.
  const fair = 256 - (256 % DIGITS.length);
  while (text.length < RANDOM_DIGITS) for (const byte of randomBytes(64)) if (byte < fair && text.length < RANDOM_DIGITS) text += DIGITS.charAt(byte % DIGITS.length);
  return text;
}
