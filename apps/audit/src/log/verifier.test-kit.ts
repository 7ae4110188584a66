import { createHash, createPublicKey, verify } from 'node:crypto';

const sha = (...parts: Uint8Array[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const leafOf = (data: Uint8Array): Buffer => sha(Buffer.from([0]), data);
const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => sha(Buffer.from([1]), left, right);

export interface Head {
  origin: string;
  size: number;
  root: string;
}

/** What a stranger needs to check the log with: written from RFC 9162 and C2SP, without a line of the code it checks. */
export function openNote(note: string, verifierKey: string): Head {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [name = '', id = ''] = verifierKey.split('+');
  const key = publicKeyOf(verifierKey);
  const lines = note.slice(end + 2).split('\n').filter((line) => line.startsWith(`— ${name} `));
  const signatures = lines.map((line) => Buffer.from(line.slice(line.lastIndexOf(' ') + 1), 'base64')).filter((bytes) => bytes.subarray(0, 4).toString('hex') === id);
  if (!signatures.some((bytes) => verify(null, Buffer.from(text), key, bytes.subarray(4)))) throw new Error(`No signature of ${verifierKey}.`);
  const [origin = '', size = '', root = ''] = text.split('\n');
  return { origin, size: Number(size), root };
}

/** Everything after the name and the id of a key may have a "+" in it. */
function publicKeyOf(verifierKey: string) {
  const bytes = Buffer.from(verifierKey.split('+').slice(2).join('+'), 'base64');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') }, format: 'jwk' });
}

/** RFC 9162, 2.1.3.2, step by step. */
export function isIncluded(data: Uint8Array, index: number, size: number, root: string, proof: readonly string[]): boolean {
  if (index >= size) return false;
  let [fn, sn] = [index, size - 1];
  let r = leafOf(data);
  for (const p of proof.map((hash) => Buffer.from(hash, 'base64'))) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeOf(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else {
      r = nodeOf(r, p);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && r.toString('base64') === root;
}

/** RFC 9162, 2.1.4.2, step by step. */
export function isContinued(first: { size: number; root: string }, second: { size: number; root: string }, proof: readonly string[]): boolean {
  if (first.size === second.size) return proof.length === 0 && first.root === second.root;
  if (first.size > second.size || proof.length === 0) return false;
  const path = proof.map((hash) => Buffer.from(hash, 'base64'));
  if (Number.isInteger(Math.log2(first.size))) path.unshift(Buffer.from(first.root, 'base64'));
  let [fn, sn] = [first.size - 1, second.size - 1];
  while (fn % 2 === 1) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  let fr = path[0] as Buffer;
  let sr = fr;
  for (const c of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeOf(c, fr), nodeOf(c, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else {
      sr = nodeOf(sr, c);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && fr.toString('base64') === first.root && sr.toString('base64') === second.root;
}

/** The root over entries, out of the bundles a client fetched: RFC 6962, 2.1. */
export function rootOver(entries: readonly Uint8Array[]): string {
  const root = (hashes: readonly Buffer[]): Buffer => {
    if (hashes.length === 1) return hashes[0] as Buffer;
    const k = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
    return nodeOf(root(hashes.slice(0, k)), root(hashes.slice(k)));
  };
  return root(entries.map(leafOf)).toString('base64');
}

/** The entries of a bundle: each behind its length. */
export function entriesIn(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    const length = bundle.readUInt16BE(at);
    entries.push(bundle.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}
