import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf, loadSecrets } from './secret.store.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-secrets-'));
  file = join(folder, 'home', 'secrets.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('loadSecrets', () => {
  it('makes them once, all different, in a file only its owner may read', () => {
    const first = loadSecrets(file);
    expect(first.siteKey).toMatch(/^ph_sk_[\w-]{43}$/);
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadSecrets(file)).toEqual(first);
  });

  it('adds what an older file lacks and keeps what it has', () => {
    loadSecrets(file);
    writeFileSync(file, JSON.stringify({ siteKey: 'ph_sk_kept', another: 'untouched' }));
    expect(loadSecrets(file).siteKey).toBe('ph_sk_kept');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ another: 'untouched', linkSecret: expect.any(String) as string });
  });

  it('does not replace secrets it cannot read, which the database still knows', () => {
    loadSecrets(file);
    writeFileSync(file, '{"siteKey": "half');
    expect(() => loadSecrets(file)).toThrow('--fresh');
    expect(readFileSync(file, 'utf8')).toBe('{"siteKey": "half');
  });
});

describe('fingerprintOf', () => {
  it('is what `printf %s key | sha256sum` prints', () => {
    expect(fingerprintOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
