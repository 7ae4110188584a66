import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkError, newId, signLink, verifyLink, type LinkClaims } from '../index.js';

const secret = 'a secret of more than 24 characters';
const now = new Date('2026-03-02T09:00:00Z');
const claims: LinkClaims = { purpose: 'confirm', eventId: newId(), expiresAt: new Date('2026-03-09T09:00:00Z') };

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof LinkError) return error.code;
    throw error;
  }
  return undefined;
}

describe('a signed link', () => {
  it('gives back what was signed', () => {
    expect(verifyLink(signLink(claims, secret), 'confirm', secret, now)).toEqual(claims);
  });

  it('is short and safe in a URL', () => {
    expect(signLink(claims, secret)).toMatch(/^[A-Za-z0-9_-]{75}$/);
  });

  it('expires', () => {
    const token = signLink(claims, secret);
    expect(codeOf(() => verifyLink(token, 'confirm', secret, claims.expiresAt))).toBe('LINK_EXPIRED');
    expect(codeOf(() => verifyLink(token, 'confirm', secret, new Date(claims.expiresAt.getTime() - 1)))).toBeUndefined();
  });

  it('does not do for another purpose or under another secret', () => {
    const token = signLink(claims, secret);
    expect(codeOf(() => verifyLink(token, 'unsubscribe', secret, now))).toBe('LINK_INVALID');
    expect(codeOf(() => verifyLink(token, 'confirm', `${secret}!`, now))).toBe('LINK_INVALID');
  });

  it('still works while secrets rotate', () => {
    expect(verifyLink(signLink(claims, secret), 'confirm', ['the new secret, also long enough', secret], now)).toEqual(claims);
  });

  it('is void after any change of any character', () => {
    const token = signLink(claims, secret);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.+/ ';
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...alphabet.split('')), (at, character) => {
        fc.pre(token[at] !== character);
        const forged = token.slice(0, at) + character + token.slice(at + 1);
        expect(codeOf(() => verifyLink(forged, 'confirm', secret, now))).toBe('LINK_INVALID');
      }),
    );
  });

  it('refuses any other text without another error', () => {
    fc.assert(
      fc.property(fc.uint16Array().map((units) => String.fromCharCode(...units)), (text) => {
        expect(codeOf(() => verifyLink(text, 'confirm', secret, now))).toBe('LINK_INVALID');
      }),
    );
  });

  it('cannot be signed with a secret that can be guessed', () => {
    expect(() => signLink(claims, 'short')).toThrow(/at least 24 characters/);
  });
});
