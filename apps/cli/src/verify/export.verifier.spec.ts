import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Checkpoint } from './checkpoint.js';
import { verifyExport } from './export.verifier.js';
import { Untrue } from './finding.js';
import { naive, ORIGIN, sealed, TestLog, TestSigner, TRUST } from './log.test-kit.js';

const SIZE = 300;
const log = new TestLog(SIZE);
const head = (over: object = {}) => ({ log: { origin: ORIGIN, size: SIZE, checkpoint: log.note, ...over } });
const proven = (index: number) => ({ entry: log.tree[index], index, proof: naive.path(index, log.leaves).map((hash) => hash.toString('base64')) });
const whole = (): object[] => [head(), ...log.tree.map((entry) => ({ entry }))];
const selection = (...indices: number[]): object[] => [head(), ...indices.map(proven)];

describe('an export', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'posthorn-export-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const verified = (text: string, older: Checkpoint[] = []) => {
    const file = join(folder, 'export.ndjson');
    writeFileSync(file, text);
    return verifyExport(file, TRUST, older, { contents: true });
  };
  const codes = async (text: string, older?: Checkpoint[]): Promise<string[]> => {
    try {
      return (await verified(text, older)).findings.map(({ code, from, to }) => (from === undefined ? code : `${code} ${from}-${to}`));
    } catch (error) {
      if (error instanceof Untrue) return [error.finding.code];
      throw error;
    }
  };

  it('of the whole log leads to the signed root, and through the older checkpoints', async () => {
    expect(await verified(sealed(whole()), [7, 256, 299].map((size) => log.open(log.sign(size))))).toMatchObject({ whole: true, entries: SIZE, agreed: 3, findings: [] });
  });

  it('may be older than a checkpoint', async () => {
    expect(await codes(sealed(whole()), [new TestLog(SIZE + 1).open()])).toEqual([]);
  });

  it('of some entries has a proof for each', async () => {
    expect(await verified(sealed(selection(0, 5, 256, 299)))).toMatchObject({ whole: false, entries: 4, findings: [] });
    expect(await verified(sealed(selection()))).toMatchObject({ whole: false, entries: 0, findings: [] });
  });

  it.each<[string, () => string, string[]]>([
    ['an entry was changed and the file sealed anew', () => sealed(whole()).replace('Grüße', 'Grüsse'), ['EXPORT_CHANGED', 'TREE_REWRITTEN 1-300']],
    ['an entry is missing', () => sealed(whole().toSpliced(100, 1)), ['ENTRY_MISPLACED 100-100', 'TREE_REWRITTEN 1-300']],
    ['the end is missing', () => sealed(whole()).split('\n').slice(0, -3).join('\n'), ['EXPORT_CUT']],
    ['it ends with a whole line too early', () => `${sealed(whole()).split('\n').slice(0, 50).join('\n')}\n`, ['EXPORT_CUT']],
    ['it is empty', () => '', ['EXPORT_CUT']],
    ['the last line counts otherwise', () => sealed(whole(), 7), ['EXPORT_CHANGED']],
    ['an entry of a selection was left out and the last line made anew', () => sealed(selection(0, 299), 2, new TestSigner(ORIGIN, 9)), ['EXPORT_CHANGED']],
    ['the last line is not signed', () => sealed(selection(0, 5)).replace(/,"note":"[^"]*"/, ''), ['EXPORT_CHANGED']],
    ['its seal is of another export', () => sealed(selection(0, 5)).replace(/,"note":"[^"]*"/, sealed(selection(0)).match(/,"note":"[^"]*"/)![0]), ['EXPORT_CHANGED']],
    ['something comes after the end', () => `${sealed(whole())}{}\n`, ['EXPORT_CHANGED']],
    ['a proof is of another entry', () => sealed([head(), { ...proven(4), proof: proven(5).proof }]), ['PROOF_WRONG 5-5']],
    ['an entry of a selection was changed', () => sealed([head(), { ...proven(4), entry: log.tree[4]!.replace('Grüße', 'Grüsse') }]), ['PROOF_WRONG 5-5']],
    ['a proof is spelled otherwise', () => sealed([head(), { ...proven(4), proof: proven(4).proof.map((hash) => hash.slice(0, -1)) }]), ['EXPORT_UNREADABLE']],
    ['the order of a selection is another', () => sealed(selection(9, 4)), ['ENTRY_MISPLACED 5-5']],
    ['a selection hides an entry without a proof', () => sealed([...selection(4), { entry: log.tree[5] }]), ['EXPORT_UNREADABLE']],
    ['the first line boasts', () => sealed([head({ size: 500 })]), ['EXPORT_CHANGED']],
    ['the checkpoint is not signed', () => sealed([head({ checkpoint: log.note.replace('\n300\n', '\n301\n') })]), ['SIGNATURE_INVALID']],
    ['it is something else', () => 'PK\n', ['EXPORT_UNREADABLE']],
    ['it is JSON of something else', () => '{"log":null}\n', ['EXPORT_UNREADABLE']],
  ])('is refused when %s', async (_, make, findings) => {
    const said = await codes(make());
    expect(said.slice(0, 1).concat(said.slice(-1).filter(() => said.length > 1))).toEqual(findings);
  });

  it('that differs is narrowed by older checkpoints', async () => {
    const lines = whole();
    lines[200] = { entry: log.tree[199]!.replace('Grüße', 'Grüsse') };
    expect(await codes(sealed(lines), [150, 250].map((size) => log.open(log.sign(size))))).toEqual(['TREE_REWRITTEN 151-250']);
  });
});
