import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { judgeLog, type RecordedEntry } from './log.verdict.js';

const sha = (...parts: (string | Uint8Array)[]): Buffer => createHash('sha256').update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();
const leaf = (text: string): Buffer => sha('\0', text);
const node = (left: Uint8Array, right: Uint8Array): Buffer => sha('\u0001', left, right);

const entries: RecordedEntry[] = ['a', 'b', 'c'].map((id, at) => ({ position: at + 1, id, leaf: `entry ${id}` }));
const two = { size: 2, root: node(leaf('entry a'), leaf('entry b')).toString('base64') };
const three = { size: 3, root: node(node(leaf('entry a'), leaf('entry b')), leaf('entry c')).toString('base64') };

describe('the judgement of a log', () => {
  it('finds nothing in one that has everything once and is what was signed', () => {
    expect(judgeLog(['c', 'a'], entries, [two, three])).toEqual({ entries: 3, lost: 0, twice: 0, gaps: 0, checkpoints: 2, forked: 0 });
  });

  it('notices what is missing, what is there twice, and a number left out', () => {
    expect(judgeLog(['a', 'd'], entries, [])).toMatchObject({ lost: 1 });
    expect(judgeLog([], [...entries, { position: 5, id: 'a', leaf: 'again' }], [])).toMatchObject({ twice: 1, gaps: 1 });
  });

  it('notices a checkpoint of another log, or of one that was longer', () => {
    expect(judgeLog([], entries, [{ ...two, root: three.root }, three])).toMatchObject({ forked: 1 });
    expect(judgeLog([], entries.slice(0, 2), [two, three])).toMatchObject({ forked: 1 });
  });
});
