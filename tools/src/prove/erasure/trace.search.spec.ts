import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { countIn, needleOf, tracesBelow } from './trace.search.js';

const needle = needleOf('forgotten-');

describe('a trace', () => {
  it.each([0, 1, 2, 3, 4, 5])('is found in clear and in base64, %i bytes into a text', (shift) => {
    const text = `${'x'.repeat(shift)}forgotten-00017@people.example`;
    expect(countIn(Buffer.from(text), needle)).toBe(1);
    expect(countIn(Buffer.from(Buffer.from(text).toString('base64')), needle)).toBe(1);
    expect(countIn(Buffer.from(Buffer.from(text).toString('base64url')), needle)).toBe(1);
  });

  it('is counted as often as it is there, and not where it is not', () => {
    expect(countIn(Buffer.from('forgotten-1 forgotten-2 remembered-3'), needle)).toBe(2);
    expect(countIn(Buffer.from('remembered-3 forgotten'), needle)).toBe(0);
  });
});

describe('looking through a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-traces-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads every file to the byte, also across the edges of what is read at once', async () => {
    mkdirSync(join(folder, 'deep', 'er'), { recursive: true });
    const across = Buffer.concat([Buffer.alloc((1 << 20) - 5), Buffer.from('forgotten-00001'), Buffer.alloc(1 << 20), Buffer.from('forgotten-00002')]);
    writeFileSync(join(folder, 'deep', 'er', 'binary'), across);
    writeFileSync(join(folder, 'clean'), 'remembered-00001');
    writeFileSync(join(folder, 'left-out'), 'forgotten-00003');
    expect(await tracesBelow(folder, needle, (file) => file.endsWith('left-out'))).toEqual([{ file: join(folder, 'deep', 'er', 'binary'), times: 2 }]);
  });
});
