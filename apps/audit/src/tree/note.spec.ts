import { describe, expect, it } from 'vitest';
import { parseCheckpoint, signedCheckpoint } from './checkpoint.js';
import { cosignatureVerifier, noteSigner } from './note.js';

// The example of the documentation of golang.org/x/mod/sumdb/note, whose keys are published there.
const PETER = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const PETERS_VERIFIER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const TEXT = 'If you think cryptography is the answer to your problem,\nthen you don\'t know what your problem is.\n';
const SIGNATURE = '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';

// The example of C2SP tlog-cosignature.
const CHECKPOINT = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';

describe('a signature below a note', () => {
  it('is the one that the reference implementation makes with the same key', () => {
    const signer = noteSigner(PETER);
    expect(signer.verifierKey).toBe(PETERS_VERIFIER);
    expect(signer.signatureOf(TEXT)).toBe(SIGNATURE);
  });

  it.each([
    ['nothing', ''],
    ['a verifier key', PETERS_VERIFIER],
    ['an id of another key', PETER.replace('c74f20a3', 'c74f20a4')],
    ['a name of another key', PETER.replace('PeterNeumann', 'PeterNewman')],
    ['a key cut short', PETER.slice(0, -8)],
  ])('is not made with %s, and the refusal does not show the key', (_, key) => {
    expect(() => noteSigner(key)).toThrow(/AUDIT_SIGNING_KEY_INVALID/);
    expect(() => noteSigner(key)).not.toThrow(/AYEKFALV/);
  });
});

describe('a checkpoint', () => {
  const head = { size: 20_852_163, root: Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64') };

  it('is three lines, an empty one and a signature for each key', () => {
    const note = signedCheckpoint('example.com/behind-the-sofa', head, [noteSigner(PETER), noteSigner(PETER)]);
    expect(note.split('\n')).toHaveLength(7);
    expect(parseCheckpoint(note)).toMatchObject({ ...head, origin: 'example.com/behind-the-sofa', text: CHECKPOINT, signatures: [expect.stringMatching(/^— PeterNeumann /), expect.any(String)] });
  });

  it.each(['', CHECKPOINT, `${CHECKPOINT.replace('20852163', '020852163')}\n${SIGNATURE}\n`, `${CHECKPOINT.replace('CsUY', 'Cs')}\n${SIGNATURE}\n`])('is not read from %j', (note) => {
    expect(() => parseCheckpoint(note)).toThrow(/CHECKPOINT_UNREADABLE/);
  });
});

describe('the key of a witness', () => {
  it.each(['', 'witness.example', PETER])('is refused when it is none: %j', (key) => {
    expect(() => cosignatureVerifier(key)).toThrow(/WITNESS_KEY_INVALID/);
  });
});
