import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

/** What a key of a note signs with: the byte that its id is made over (C2SP signed-note, tlog-cosignature). */
const ED25519 = 0x01;
const COSIGNATURE = 0x04;

const KEY_NAME = /^[^\s+\p{Cc}]{1,255}$/u;
const RAW_KEY_BYTES = 32;
// DER before the 32 bytes of an Ed25519 key (RFC 8410, 4 and 7).
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');

/** A key or a note is not what the standard says. Never quotes a secret. */
export class NoteError extends Error {
  override readonly name = 'NoteError';
}

/** Signs notes under its name. */
export interface NoteSigner {
  name: string;
  /** `<name>+<id>+<key>`: what others need to check the signatures. */
  verifierKey: string;
  /** The line to put below the note. `text` ends with a newline. */
  signatureOf(text: string): string;
}

/** Checks the cosignatures of one witness. */
export interface CosignatureVerifier {
  name: string;
  /** The first signature line in `lines` that is this witness's over `text`, or undefined. */
  findIn(lines: readonly string[], text: string): string | undefined;
}

/** A signer out of a name and the 32 bytes that an Ed25519 key is made from. Throws NoteError. */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  if (!KEY_NAME.test(name) || seed.length !== RAW_KEY_BYTES) {
    throw new NoteError('SIGNING_KEY_INVALID: a signing key is 32 random bytes, and its name has neither spaces nor "+". Make a key with: openssl rand -hex 32');
  }
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_DER, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = rawPublicKeyOf(key);
  const keyId = keyIdOf(name, ED25519, publicKey);
  return {
    name,
    verifierKey: `${name}+${keyId.toString('hex')}+${Buffer.concat([Buffer.from([ED25519]), publicKey]).toString('base64')}`,
    signatureOf: (text) => signatureLine(name, keyId, sign(null, Buffer.from(text), key)),
  };
}

/** A text, which ends with a newline, with the signatures below it. */
export function signedNote(text: string, signers: readonly NoteSigner[]): string {
  return `${text}\n${signers.map((signer) => `${signer.signatureOf(text)}\n`).join('')}`;
}

/** A verifier of cosignatures (C2SP tlog-cosignature) out of `<name>+<id>+<base64 key>`. Throws NoteError. */
export function cosignatureVerifier(verifierKey: string): CosignatureVerifier {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(verifierKey.trim());
  const [, name = '', , encoded = ''] = match ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  const type = bytes[0];
  if (match === null || !KEY_NAME.test(name) || bytes.length !== 1 + RAW_KEY_BYTES || (type !== ED25519 && type !== COSIGNATURE)) {
    throw new NoteError(`WITNESS_KEY_INVALID: the key of a witness must be <name>+<id>+<key>, an Ed25519 key, and not "${verifierKey}". Copy it from the witness.`);
  }
  const publicKey = bytes.subarray(1);
  const key = createPublicKey({ key: Buffer.concat([PUBLIC_DER, publicKey]), format: 'der', type: 'spki' });
  // A witness may publish its key under either type; it always cosigns under the one of cosignatures.
  const keyId = keyIdOf(name, COSIGNATURE, publicKey);
  return { name, findIn: (lines, text) => lines.find((line) => isCosignature(line, { name, keyId, key }, text)) };
}

function isCosignature(line: string, { name, keyId, key }: { name: string; keyId: Buffer; key: KeyObject }, text: string): boolean {
  const prefix = `— ${name} `;
  if (!line.startsWith(prefix)) return false;
  const bytes = Buffer.from(line.slice(prefix.length), 'base64');
  if (bytes.length !== 4 + 8 + 64 || !bytes.subarray(0, 4).equals(keyId)) return false;
  const time = bytes.readBigUInt64BE(4);
  return verify(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), key, bytes.subarray(12));
}

function signatureLine(name: string, keyId: Buffer, signature: Buffer): string {
  return `— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}`;
}

function keyIdOf(name: string, type: number, publicKey: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([type]), publicKey]), 'buffer').subarray(0, 4);
}

function rawPublicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-RAW_KEY_BYTES);
}
