import { describe, expect, it } from 'vitest';
import { parseCheckpoint, signedCheckpoint } from './checkpoint.js';
import { cosignatureVerifier, noteSigner } from './note.js';

// The example of the documentation of golang.org/x/mod/sumdb/note, whose keys are published there.
// There the private key is PRIVATE+KEY+PeterNeumann+c74f20a3+…, with a byte for its kind before the seed.
const PETERS_SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const peter = noteSigner('PeterNeumann', PETERS_SEED);
const PETERS_VERIFIER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const TEXT = 'If you think cryptography is the answer to your problem,\nthen you don\'t know what your problem is.\n';
const SIGNATURE = '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';

// The example of C2SP tlog-cosignature.
const CHECKPOINT = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';

describe('a signature below a note', () => {
  it('is the one that the reference implementation makes with the same key', () => {
    expect(peter.verifierKey).toBe(PETERS_VERIFIER);
    expect(peter.signatureOf(TEXT)).toBe(SIGNATURE);
  });

  it.each([
    ['an empty name', '', PETERS_SEED],
    ['a name that the line could not be read with', 'Peter Neumann', PETERS_SEED],
    ['a key cut short', 'PeterNeumann', PETERS_SEED.subarray(1)],
  ])('is not made with %s', (_, name, seed) => {
    expect(() => noteSigner(name, seed)).toThrow(/SIGNING_KEY_INVALID/);
  });
});

describe('a checkpoint', () => {
  const head = { size: 20_852_163, root: Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64') };

  it('is three lines, an empty one and a signature for each key', () => {
    const note = signedCheckpoint('example.com/behind-the-sofa', head, [peter, peter]);
    expect(note.split('\n')).toHaveLength(7);
    expect(parseCheckpoint(note)).toMatchObject({ ...head, origin: 'example.com/behind-the-sofa', text: CHECKPOINT, signatures: [expect.stringMatching(/^— PeterNeumann /), expect.any(String)] });
  });

  it.each(['', CHECKPOINT, `${CHECKPOINT.replace('20852163', '020852163')}\n${SIGNATURE}\n`, `${CHECKPOINT.replace('CsUY', 'Cs')}\n${SIGNATURE}\n`])('is not read from %j', (note) => {
    expect(() => parseCheckpoint(note)).toThrow(/CHECKPOINT_UNREADABLE/);
  });
});

describe('the key of a witness', () => {
  it.each(['', 'witness.example', `PRIVATE+KEY+${PETERS_VERIFIER}`])('is refused when it is none: %j', (key) => {
    expect(() => cosignatureVerifier(key)).toThrow(/WITNESS_KEY_INVALID/);
  });
});
