import { createHmac, timingSafeEqual } from 'node:crypto';
import { UUID_V7 } from '../envelope/identifier.js';

/** `confirm` and `unsubscribe` are of a newsletter; `erase` has the person forgotten. */
export type LinkPurpose = 'confirm' | 'unsubscribe' | 'erase';

/** What a link in a mail asks for. It names the event, never the person. */
export interface LinkClaims {
  purpose: LinkPurpose;
  /** The event the link was sent for: of a newsletter, or privacy.confirmation_requested. */
  eventId: string;
  /** Exact to the second. */
  expiresAt: Date;
}

/** The token is forged, damaged, of another purpose or too old. */
export class LinkError extends Error {
  constructor(
    readonly code: 'LINK_INVALID' | 'LINK_EXPIRED',
    message: string,
  ) {
    super(message);
    this.name = 'LinkError';
  }
}

const VERSION = 1;
const PURPOSES: readonly LinkPurpose[] = ['confirm', 'unsubscribe', 'erase'];
const CLAIMS_BYTES = 24;
const SIGNATURE_BYTES = 32;
const SECRET_MIN_LENGTH = 24;

/** A URL-safe token of 75 characters: version, purpose, event id and expiry, and their HMAC-SHA256. */
export function signLink(claims: LinkClaims, secret: string): string {
  const packed = pack(claims);
  return Buffer.concat([packed, signature(packed, secret)]).toString('base64url');
}

/**
 * What the token asks for, if it was signed with the secret (or one of several, while they rotate), for this
 * purpose, and has not expired. Throws LinkError.
 */
export function verifyLink(token: string, purpose: LinkPurpose, secret: string | readonly string[], now: Date = new Date()): LinkClaims {
  const bytes = Buffer.from(token, 'base64url');
  // Decoding is lenient; only the one canonical spelling of a token is one.
  if (bytes.length !== CLAIMS_BYTES + SIGNATURE_BYTES || bytes.toString('base64url') !== token) throw invalid();
  const packed = bytes.subarray(0, CLAIMS_BYTES);
  const given = bytes.subarray(CLAIMS_BYTES);
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const genuine = secrets.map((one) => timingSafeEqual(signature(packed, one), given)).includes(true);
  if (!genuine) throw invalid();
  const claims = unpack(packed);
  if (claims === undefined || claims.purpose !== purpose) throw invalid();
  if (claims.expiresAt.getTime() <= now.getTime()) throw new LinkError('LINK_EXPIRED', 'This link has expired. Ask for a new one.');
  return claims;
}

function pack({ purpose, eventId, expiresAt }: LinkClaims): Buffer {
  if (!UUID_V7.test(eventId)) throw new RangeError('A link needs the UUIDv7 of an event.');
  const seconds = Math.floor(expiresAt.getTime() / 1_000);
  const packed = Buffer.alloc(CLAIMS_BYTES);
  packed.writeUInt8(VERSION, 0);
  packed.writeUInt8(PURPOSES.indexOf(purpose), 1);
  packed.write(eventId.replaceAll('-', ''), 2, 'hex');
  packed.writeUIntBE(seconds, 18, 6);
  return packed;
}

function unpack(packed: Buffer): LinkClaims | undefined {
  const purpose = PURPOSES[packed.readUInt8(1)];
  if (packed.readUInt8(0) !== VERSION || purpose === undefined) return undefined;
  const eventId = packed.toString('hex', 2, 18).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { purpose, eventId, expiresAt: new Date(packed.readUIntBE(18, 6) * 1_000) };
}

// The prefix keeps a secret that is also used elsewhere from signing something that reads as a link.
function signature(packed: Buffer, secret: string): Buffer {
  if (secret.length < SECRET_MIN_LENGTH) {
    throw new RangeError(`The link secret must have at least ${SECRET_MIN_LENGTH} characters; make one with: openssl rand -base64 32`);
  }
  return createHmac('sha256', secret).update('posthorn-link\0').update(packed).digest();
}

const invalid = (): LinkError => new LinkError('LINK_INVALID', 'This link is not valid. Check that it was copied whole.');
