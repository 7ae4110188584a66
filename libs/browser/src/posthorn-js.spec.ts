import { Script } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { POSTHORN_JS } from './index.js';

describe('posthorn.js', () => {
  it('has less than 5 KB gzipped', () => {
    expect(gzipSync(POSTHORN_JS, { level: 9 }).length).toBeLessThan(5_000);
  });

  it('is plain JavaScript of one file that a strict Content-Security-Policy lets run', () => {
    expect(() => new Script(POSTHORN_JS)).not.toThrow();
    expect(POSTHORN_JS).not.toMatch(/\beval\b|\bFunction\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.style\b|\bimport\b/);
  });
});
