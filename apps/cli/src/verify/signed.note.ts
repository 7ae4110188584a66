import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { exactBase64 } from './exact.base64.js';

/** What a key signs with (C2SP signed-note and tlog-cosignature). */
const ED25519 = 0x01;
const COSIGNATURE = 0x04;
// DER before the 32 bytes of a public Ed25519 key (RFC 8410, 4).
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');
const MOST_SIGNATURES = 64;

/** Whose signatures are believed. */
export interface VerifierKey {
  name: string;
  id: Buffer;
  type: number;
  key: KeyObject;
}

export interface Signature {
  name: string;
  id: Buffer;
  bytes: Buffer;
}

export interface Note {
  /** What is signed; ends with a newline. */
  text: string;
  signatures: Signature[];
}

export function verifierKeyOf(name: string, type: number, publicKey: Uint8Array): VerifierKey {
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]), 'buffer').subarray(0, 4);
  return { name, id, type, key: createPublicKey({ key: Buffer.concat([PUBLIC_DER, publicKey]), format: 'der', type: 'spki' }) };
}

/** `<name>+<id>+<base64>`, as the log's operator publishes it; undefined when it is not that. */
export function parseVerifierKey(text: string): VerifierKey | undefined {
  const { name, id, type, publicKey } = partsOf(text) ?? {};
  if (name === undefined || publicKey === undefined || type !== ED25519) return undefined;
  const key = verifierKeyOf(name, type, publicKey);
  return key.id.toString('hex') === id ? key : undefined;
}

/** The same of a witness. Some publish their key under the type of plain signatures; they cosign under that of cosignatures. */
export function parseWitnessKey(text: string): VerifierKey | undefined {
  const { name, id, type, publicKey } = partsOf(text) ?? {};
  if (name === undefined || publicKey === undefined || (type !== ED25519 && type !== COSIGNATURE)) return undefined;
  return verifierKeyOf(name, type, publicKey).id.toString('hex') === id ? verifierKeyOf(name, COSIGNATURE, publicKey) : undefined;
}

function partsOf(text: string): { name?: string; id?: string; type?: number; publicKey: Buffer } | undefined {
  const [, name, id, encoded = ''] = /^([^\s+\p{Cc}]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/u.exec(text.trim()) ?? [];
  const bytes = exactBase64(encoded);
  return bytes?.length === 33 ? { name, id, type: bytes[0], publicKey: bytes.subarray(1) } : undefined;
}

/** Takes a note apart, and is strict: whatever could be read in two ways is not a note. Undefined for those. */
export function parseNote(bytes: Uint8Array): Note | undefined {
  const whole = decode(bytes);
  const end = whole?.lastIndexOf('\n\n') ?? -1;
  if (whole === undefined || end < 0 || !whole.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(whole)) return undefined;
  const lines = whole.slice(end + 2, -1).split('\n');
  const signatures = lines.map(signatureOf).filter((signature) => signature !== undefined);
  return signatures.length === lines.length && lines.length <= MOST_SIGNATURES ? { text: whole.slice(0, end + 1), signatures } : undefined;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function signatureOf(line: string): Signature | undefined {
  const [, name, encoded = ''] = /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/u.exec(line) ?? [];
  const bytes = exactBase64(encoded);
  return name === undefined || bytes === undefined || bytes.length < 5 ? undefined : { name, id: bytes.subarray(0, 4), bytes: bytes.subarray(4) };
}

export function isBy({ name, id }: Signature, key: VerifierKey): boolean {
  return name === key.name && id.equals(key.id);
}

export function isGenuine({ text }: Note, { bytes }: Signature, { type, key }: VerifierKey): boolean {
  if (type === ED25519) return bytes.length === 64 && verify(null, Buffer.from(text), key, bytes);
  if (bytes.length !== 8 + 64) return false;
  return verify(null, Buffer.from(`cosignature/v1\ntime ${bytes.readBigUInt64BE()}\n${text}`), key, bytes.subarray(8));
}
