import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SignatureScheme, SignedPart } from './signature.scheme.js';
import { keyOf } from './signing.secret.js';

export const TOLERANCE_SECONDS = 300;
/** A sender that rotates its secret sends two; nobody needs more, and each costs a comparison. */
const MOST_SIGNATURES = 8;
const SECONDS = /^\d{1,12}$/;

/** What arrived: the names of headers in lower case, and the body byte by byte. */
export interface SignedDelivery {
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body: Uint8Array;
}

export interface Verification {
  /** Any of them may have signed: two while a secret is being replaced. */
  secrets: readonly string[];
  toleranceSeconds?: number;
  /** Milliseconds, as of Date.now(). */
  now?: number;
}

export type Fault =
  | 'signature-missing'
  | 'signature-malformed'
  | 'timestamp-missing'
  | 'timestamp-malformed'
  | 'id-missing'
  | 'signature-mismatch'
  /** Said only of what is genuine otherwise. */
  | 'timestamp-outside-tolerance';

export type Verdict = { genuine: true; deliveryId: string | undefined } | { genuine: false; fault: Fault };

/** Whether one of the secrets signed exactly these bytes, lately where the scheme knows a time. In constant time. */
export function verifyDelivery(scheme: SignatureScheme, { headers, body }: SignedDelivery, { secrets, toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() }: Verification): Verdict {
  const read = readSignature(scheme, headers);
  if ('fault' in read) return { genuine: false, fault: read.fault };
  let signedBy = 0;
  for (const secret of secrets) {
    const expected = signatureOf(scheme, keyOf(scheme, secret), { ...read, body });
    for (const signature of read.signatures) signedBy += isSame(expected, signature) ? 1 : 0;
  }
  if (signedBy === 0) return { genuine: false, fault: 'signature-mismatch' };
  if (read.timestamp !== undefined && Math.abs(Math.floor(now / 1_000) - Number(read.timestamp)) > toleranceSeconds) {
    return { genuine: false, fault: 'timestamp-outside-tolerance' };
  }
  return { genuine: true, deliveryId: read.id };
}

/** The headers of a delivery as its sender would make them: for tests, and to try an endpoint. */
export function signDelivery(scheme: SignatureScheme, secret: string, body: Uint8Array, { id = '', seconds = 0 } = {}): Record<string, string> {
  const timestamp = String(seconds);
  const signature = signatureOf(scheme, keyOf(scheme, secret), { id, timestamp, body });
  const value = { plain: `${scheme.prefix ?? ''}${signature}`, pairs: `t=${timestamp},v1=${signature}`, versions: `v1,${signature}` }[scheme.layout];
  return {
    [scheme.header]: value,
    ...(scheme.timestampHeader === undefined ? {} : { [scheme.timestampHeader]: timestamp }),
    ...(scheme.idHeader === undefined ? {} : { [scheme.idHeader]: id }),
  };
}

export interface SignedContent {
  id: string | undefined;
  timestamp: string | undefined;
  body: Uint8Array;
}

export function signatureOf({ algorithm, encoding, signed }: Pick<SignatureScheme, 'algorithm' | 'encoding' | 'signed'>, key: Uint8Array, content: SignedContent): string {
  const hmac = createHmac(algorithm, key);
  signed.forEach((part, index) => {
    if (index > 0) hmac.update('.');
    hmac.update(content[part] ?? '');
  });
  return hmac.digest(encoding);
}

export type ReadSignature = { signatures: readonly string[]; id: string | undefined; timestamp: string | undefined };

/** What the headers say, before anything of it is believed. */
export function readSignature(scheme: SignatureScheme, headers: SignedDelivery['headers']): ReadSignature | { fault: Fault } {
  const value = headerIn(headers, scheme.header);
  if (value === undefined) return { fault: 'signature-missing' };
  const { signatures, time } = LAYOUTS[scheme.layout](value, scheme.prefix ?? '');
  const timestamp = scheme.layout === 'pairs' ? time : headerIn(headers, scheme.timestampHeader);
  const id = headerIn(headers, scheme.idHeader);
  if (isNeeded(scheme, 'id') && id === undefined) return { fault: 'id-missing' };
  if (timestamp === undefined && (isNeeded(scheme, 'timestamp') || scheme.timestampHeader !== undefined)) return { fault: 'timestamp-missing' };
  if (timestamp !== undefined && !SECONDS.test(timestamp)) return { fault: 'timestamp-malformed' };
  if (signatures.length === 0 || signatures.length > MOST_SIGNATURES) return { fault: 'signature-malformed' };
  return { signatures, id, timestamp };
}

const isNeeded = ({ signed }: SignatureScheme, part: SignedPart): boolean => signed.includes(part);

const LAYOUTS: Record<SignatureScheme['layout'], (value: string, prefix: string) => { signatures: string[]; time?: string }> = {
  plain: (value, prefix) => ({ signatures: value.startsWith(prefix) && value.length > prefix.length ? [value.slice(prefix.length)] : [] }),
  versions: (value) => ({ signatures: value.split(' ').filter((one) => one.startsWith('v1,')).map((one) => one.slice('v1,'.length)) }),
  pairs: (value) => {
    const pairs = value.split(',').map((pair) => pair.trim());
    const of = (name: string): string[] => pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
    const times = of('t');
    // Two times could mean one for the signature and another for the clock.
    return times.length > 1 ? { signatures: [], time: times[0] } : { signatures: of('v1'), time: times[0] };
  },
};

function headerIn(headers: SignedDelivery['headers'], name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

// The texts rather than the bytes behind them: base64 has many ways of writing the same bytes.
function isSame(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
