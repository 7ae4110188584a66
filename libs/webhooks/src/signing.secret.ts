import type { SignatureScheme } from './signature.scheme.js';

/** Standard Webhooks asks for 24 bytes at least; what people make up as text is weaker still when it is short. */
const LEAST = { text: 16, base64: 24, hex: 24 } as const;
const WHSEC = /^whsec_/;

/** The bytes that sign. Throws RangeError, which never quotes the secret, for one that the scheme cannot use. */
export function keyOf({ secret: written }: SignatureScheme, secret: string): Buffer {
  const fault = faultOf(written, secret);
  if (fault !== undefined) throw new RangeError(`The secret ${fault}`);
  return bytesOf(written, secret);
}

/** Why a secret will not do, in words that follow "the secret"; undefined when it will. */
export function secretFault({ secret: written }: SignatureScheme, secret: string): string | undefined {
  return faultOf(written, secret);
}

function faultOf(written: SignatureScheme['secret'], secret: string): string | undefined {
  if (secret === '') return 'must not be empty: anybody could sign with it';
  if (secret !== secret.trim()) return 'must not begin or end with a space or a line break';
  const key = bytesOf(written, secret);
  if (written === 'base64' && key.toString('base64').replace(/=+$/, '') !== withoutPrefix(secret).replace(/=+$/, '')) return 'must be base64, with or without whsec_ before it';
  if (written === 'hex' && key.toString('hex') !== secret.toLowerCase()) return 'must be hex digits';
  if (key.length < LEAST[written]) return `must have at least ${LEAST[written]} ${written === 'text' ? 'characters' : 'bytes'}`;
  return undefined;
}

function bytesOf(written: SignatureScheme['secret'], secret: string): Buffer {
  return written === 'text' ? Buffer.from(secret, 'utf8') : Buffer.from(withoutPrefix(secret), written);
}

const withoutPrefix = (secret: string): string => secret.replace(WHSEC, '');
