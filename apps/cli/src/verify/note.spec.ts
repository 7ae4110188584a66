import { describe, expect, it } from 'vitest';
import { demandWitnesses, openCheckpoint } from './checkpoint.js';
import { Untrue } from './finding.js';
import { ORIGIN, TestLog, TestSigner, TRUST, trusting, WITNESS } from './log.test-kit.js';
import { parseNote, parseVerifierKey } from './signed.note.js';

/** The examples of C2SP signed-note and tlog-checkpoint. */
const NOTE = 'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';

const log = new TestLog(5);
const codeOf = (note: string | Buffer): string => {
  try {
    openCheckpoint(Buffer.from(note), TRUST, 'it');
    return 'all right';
  } catch (error) {
    return error instanceof Untrue ? error.finding.code : String(error);
  }
};
const signed = (text: string): string => `${text}\n${new TestSigner(ORIGIN).line(text)}`;
const root = log.open().root.toString('base64');

describe('a note', () => {
  it("is taken apart as in the standard's example", () => {
    const note = parseNote(Buffer.from(NOTE));
    expect(note?.text).toMatch(/^Ognuno[^]*sera\.\n$/);
    expect(note?.signatures).toMatchObject([{ name: 'quasimodo.example/salvatore', id: Buffer.from('367ba04b', 'hex') }]);
  });

  it.each<[string, string | Buffer, string]>([
    ['as it is', log.note, 'all right'],
    ['with extension lines', signed(`${ORIGIN}\n5\n${root}\nmore\n`), 'all right'],
    ['with signatures of others', `${log.note}${new TestSigner('example.org/other', 9).line('x')}`, 'all right'],
    ['by another key of that name', log.sign().replace(/— .*\n$/u, new TestSigner(ORIGIN, 9).line('x')), 'SIGNATURE_MISSING'],
    ['changed after it was signed', log.note.replace('\n5\n', '\n6\n'), 'SIGNATURE_INVALID'],
    ['with a bad signature beside the good one', `${log.note}${new TestSigner(ORIGIN).line('x')}`, 'SIGNATURE_INVALID'],
    ['of another log', signed(`example.org/other\n5\n${root}\n`), 'ORIGIN_DIFFERS'],
    ['with a size that begins with zero', signed(`${ORIGIN}\n05\n${root}\n`), 'CHECKPOINT_UNREADABLE'],
    ['with a short root', signed(`${ORIGIN}\n5\nAAAA\n`), 'CHECKPOINT_UNREADABLE'],
    ['with a root no empty tree has', signed(`${ORIGIN}\n0\n${root}\n`), 'CHECKPOINT_UNREADABLE'],
    ['without signatures', log.note.slice(0, log.note.indexOf('—')), 'CHECKPOINT_UNREADABLE'],
    ['with a control character', log.note.replace(ORIGIN, `${ORIGIN}\u0007`), 'CHECKPOINT_UNREADABLE'],
    ['with stray bits in the base64', log.note.replace(/=\n$/, '==\n'), 'CHECKPOINT_UNREADABLE'],
    ['that is not UTF-8', Buffer.concat([Buffer.of(0xff), Buffer.from(log.note)]), 'CHECKPOINT_UNREADABLE'],
    ['that is a web page', '<html>', 'CHECKPOINT_UNREADABLE'],
  ])('%s', (_, note, code) => {
    expect(codeOf(note)).toBe(code);
  });

  it('is vouched for by every witness that was asked for, or it is not', () => {
    const trust = trusting(WITNESS.verifierKey);
    const demand = (note: string) => () => demandWitnesses(log.open(note), trust);
    expect(demand(log.sign(5, WITNESS))).not.toThrow();
    expect(demand(log.note)).toThrow('WITNESS_MISSING');
    expect(demand(`${log.note}${WITNESS.line('another text\n')}`)).toThrow('SIGNATURE_INVALID');
    // Some witnesses publish their key as one of plain signatures.
    expect(trusting(new TestSigner(WITNESS.name, 2).verifierKey)).toEqual(trust);
  });

  it('is not verified with a key whose id is that of another', () => {
    const { verifierKey } = new TestSigner(ORIGIN);
    expect(parseVerifierKey(verifierKey)).toBeDefined();
    for (const wrong of [verifierKey.replace('example', 'exomple'), verifierKey.slice(0, -1), WITNESS.verifierKey, 'key']) expect(parseVerifierKey(wrong)).toBeUndefined();
  });
});
