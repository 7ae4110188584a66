import { createHmac, timingSafeEqual } from 'node:crypto';

const LONGEST_MS = 24 * 3_600_000;
const TOKEN = /^([0-9a-z]{1,12})\.([A-Za-z0-9_-]{43})$/;

export type TokenState = { state: 'genuine'; ageMs: number } | { state: 'missing' | 'expired' | 'forged' };

/** Tells when a form was opened, in a way that whoever fills it in cannot make up. */
export function signFormToken(form: string, secret: Buffer, now: number): string {
  const openedAt = now.toString(36);
  return `${openedAt}.${signature(form, openedAt, secret).toString('base64url')}`;
}

export function readFormToken(token: string | undefined, form: string, secret: Buffer, now: number): TokenState {
  if (token === undefined || token === '') return { state: 'missing' };
  const [, openedAt = '', given = ''] = TOKEN.exec(token) ?? [];
  const signed = Buffer.from(given, 'base64url');
  const expected = signature(form, openedAt, secret);
  if (signed.length !== expected.length || !timingSafeEqual(signed, expected)) return { state: 'forged' };
  const ageMs = now - parseInt(openedAt, 36);
  return ageMs > LONGEST_MS ? { state: 'expired' } : { state: 'genuine', ageMs };
}

function signature(form: string, openedAt: string, secret: Buffer): Buffer {
  return createHmac('sha256', secret).update(`token\0${form}\0${openedAt}`).digest();
}
