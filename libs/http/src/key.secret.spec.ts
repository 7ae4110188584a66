import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerOf } from './caller.check.js';
import { KeyRing, keySha256 } from './key.ring.js';
import { isMistyped, isWellFormed, KEY_KINDS, newKeySecret } from './key.secret.js';
import type { Problem } from './problem.error.js';

/** As docs/how-to/make-and-rotate-keys.md gives it to secret scanners. */
const SCANNER = /\bph_(?:secret|browser|webhook|auditor|operator)_[0-9A-Za-z]{36}\b/;
const CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.~!';

/** One key with characters changed, swapped, taken out or put in. */
const mutationsOf = (key: string): fc.Arbitrary<string> => {
  const place = fc.nat(key.length - 1);
  const character = fc.constantFrom(...Array.from(CHARACTERS));
  const change = fc.tuple(place, character).map(([at, by]) => (text: string) => text.slice(0, at) + by + text.slice(at + 1));
  const swap = place.map((at) => (text: string) => text.slice(0, at) + text.slice(at, at + 2).replace(/(.)(.)/, '$2$1') + text.slice(at + 2));
  const remove = fc.tuple(place, fc.integer({ min: 1, max: 8 })).map(([at, many]) => (text: string) => text.slice(0, at) + text.slice(at + many));
  const insert = fc.tuple(place, fc.array(character, { minLength: 1, maxLength: 8 })).map(([at, more]) => (text: string) => text.slice(0, at) + more.join('') + text.slice(at));
  const invert = fc.constant((text: string) => text.toUpperCase());
  return fc.array(fc.oneof(change, swap, remove, insert, invert), { minLength: 1, maxLength: 4 }).map((steps) => steps.reduce((text, step) => step(text), key)).filter((text) => text !== key && text !== '');
};

describe('a new key', () => {
  it.each(KEY_KINDS)('of kind %s says what it is, and is well formed', (kind) => {
    const key = newKeySecret(kind);
    expect(key).toMatch(new RegExp(`^ph_${kind}_[0-9A-Za-z]{36}$`));
    expect(isWellFormed(key)).toBe(true);
    expect(key).toMatch(SCANNER);
  });

  it('is like no other, with every digit as likely as the others', () => {
    const keys = Array.from({ length: 5_000 }, () => newKeySecret('secret'));
    expect(new Set(keys).size).toBe(keys.length);
    const counts = Map.groupBy(keys.flatMap((key) => Array.from(key.slice('ph_secret_'.length, -6))), (digit) => digit);
    const expected = (5_000 * 30) / 62;
    expect(counts.size).toBe(62);
    for (const { length } of counts.values()) expect(Math.abs(length - expected)).toBeLessThan(expected * 0.15);
  });
});

describe('a mutated key', () => {
  it('is never accepted: 10,000 of them, beside the one they came from', async () => {
    const key = newKeySecret('secret');
    const keys = new KeyRing({ keys: [{ id: 'acme', sha256: keySha256(key) }], more: true });
    keys.hold([]);
    const codes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(mutationsOf(key), async (mutated) => {
        const refused = await callerOf({ keys }, { authorization: `Bearer ${mutated}` }, { scope: undefined, browsers: false }).then(
          () => 'accepted',
          (problem: unknown) => (problem as Problem).code,
        );
        codes.set(refused, (codes.get(refused) ?? 0) + 1);
        return refused !== 'accepted';
      }),
      { numRuns: 10_000 },
    );
    await expect(callerOf({ keys }, { authorization: `Bearer ${key}` }, { scope: undefined, browsers: false })).resolves.toMatchObject({ id: 'acme' });
    expect(codes.get('key-mistyped')).toBeGreaterThan(1_000);
  });

  it('is told from one that nobody knows, as long as it is known for a key of ours', () => {
    const key = newKeySecret('browser');
    const slips = [key.slice(0, -1), `${key}x`, key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')), 'ph_browser_'];
    expect(slips.map(isMistyped)).toEqual([true, true, true, true]);
    expect([key, newKeySecret('secret'), 'ph_acme_7f3c9a52e1d84b06', 'hello'].map(isMistyped)).toEqual([false, false, false, false]);
  });
});

describe('a ring of keys', () => {
  const made = newKeySecret('secret');
  const declared = newKeySecret('secret');
  const ask = (keys: KeyRing, key: string) => callerOf({ keys }, { authorization: `Bearer ${key}` }, { scope: undefined, browsers: false });

  it('keeps what is declared whatever is made by command, and forgets what was revoked', async () => {
    const keys = new KeyRing({ keys: [{ id: 'declared', sha256: keySha256(declared) }], more: true });
    keys.hold([{ id: 'made', sha256: keySha256(made) }]);
    await expect(ask(keys, made)).resolves.toMatchObject({ id: 'made' });
    keys.hold([]);
    await expect(ask(keys, made)).rejects.toMatchObject({ status: 401, code: 'key-unknown' });
    await expect(ask(keys, declared)).resolves.toMatchObject({ id: 'declared' });
  });

  it('compares the whole digest, also of keys whose digests begin alike', async () => {
    const digest = keySha256(made);
    const alike = digest.slice(0, 8) + digest.slice(8).replace(/./g, (digit) => (digit === '0' ? '1' : '0'));
    await expect(ask(new KeyRing({ keys: [{ id: 'alike', sha256: alike }] }), made)).rejects.toMatchObject({ code: 'key-unknown' });
    await expect(ask(new KeyRing({ keys: [{ id: 'alike', sha256: alike }, { id: 'made', sha256: digest }] }), made)).resolves.toMatchObject({ id: 'made' });
  });

  it('says of a key that may only not have come yet that it cannot tell, and refuses what could be none', async () => {
    const keys = new KeyRing({ keys: [], more: true });
    await expect(ask(keys, made)).rejects.toMatchObject({ status: 503, code: 'keys-not-loaded', retryAfterSeconds: 1 });
    await expect(ask(keys, 'a-key-of-another-form')).rejects.toMatchObject({ status: 401, code: 'key-unknown' });
  });

  it('tells that a key has expired only to who has it', async () => {
    const keys = new KeyRing({ keys: [] });
    keys.hold([{ id: 'made', sha256: keySha256(made), expiresAt: new Date(Date.now() - 1) }]);
    await expect(ask(keys, made)).rejects.toMatchObject({ status: 401, code: 'key-expired' });
    await expect(ask(keys, newKeySecret('secret'))).rejects.toMatchObject({ code: 'key-unknown' });
  });

  it('knows when a key made by command was last shown', async () => {
    const keys = new KeyRing({ keys: [{ id: 'declared', sha256: keySha256(declared) }] });
    keys.hold([{ id: 'made', sha256: keySha256(made) }]);
    const before = Date.now();
    await Promise.all([ask(keys, made), ask(keys, declared)]);
    const uses = keys.takeUses();
    expect([...uses.keys()]).toEqual([keySha256(made)]);
    expect(uses.get(keySha256(made))).toBeGreaterThanOrEqual(before);
    expect(keys.takeUses().size).toBe(0);
  });
});
