import type { ApiKey, KeyRing } from './key.ring.js';
import { isMistyped, isWellFormed } from './key.secret.js';
import type { TokenVerifier } from './open-id/token.verifier.js';
import { Problem } from './problem.error.js';
import { unauthenticated } from './unauthenticated.problem.js';

const BEARER = /^Bearer +([\x21-\x7e]{1,8192})$/i;
/** A key is far shorter than a token; what is longer is refused before anything is hashed. */
const LONGEST_KEY = 512;
const INVALID_TOKEN = 'Bearer realm="posthorn", error="invalid_token"';

/** By what a service knows who calls. */
export interface KnownCallers {
  keys: KeyRing;
  tokens?: TokenVerifier;
}

/** What a handler wants of who calls it. */
export interface RequiredKey {
  scope: string | undefined;
  /** Whether pages may call it with a key of kind `browser`. */
  browsers: boolean;
}

interface CallerHeaders {
  authorization?: string;
  origin?: string;
}

/** Whose an Authorization header is. Throws 401 for nobody we know, and 403 for who may not do this, or not from there. */
export async function callerOf(known: KnownCallers, { authorization, origin }: CallerHeaders, { scope, browsers }: RequiredKey): Promise<ApiKey> {
  const caller = await authenticated(known, authorization);
  if (caller.origins !== undefined) demandOrigin(caller.origins, origin, browsers);
  if (scope !== undefined) demandScope(caller, scope);
  return caller;
}

/** Throws 403 unless the caller has the scope. For a handler that needs one or another, by what it is asked to do. */
export function demandScope(caller: ApiKey, scope: string): void {
  if (caller.scopes.includes(scope)) return;
  throw scopeMissing(`Use a key with the scope ${scope}.`);
}

function demandOrigin(allowed: readonly string[], origin: string | undefined, browsers: boolean): void {
  if (!browsers) throw scopeMissing("A web page's key submits events and does nothing else. Use a server's key.");
  if (origin !== undefined && allowed.includes(origin)) return;
  throw new Problem({
    status: 403, code: 'origin-not-allowed', title: 'The key does not count here',
    detail: "It is a web page's key, and the request does not come from one of its origins. A server has a key of its own.",
  });
}

async function authenticated({ keys, tokens }: KnownCallers, header: string | undefined): Promise<ApiKey> {
  if (header === undefined) {
    throw unauthenticated('key-missing', 'Send the key as "Authorization: Bearer <key>".', 'Bearer realm="posthorn"');
  }
  const secret = BEARER.exec(header)?.[1];
  if (secret === undefined || (tokens === undefined && secret.length > LONGEST_KEY)) {
    throw unauthenticated(
      'key-malformed', 'The header must read "Authorization: Bearer <key>".', 'Bearer realm="posthorn", error="invalid_request"',
    );
  }
  const key = keys.find(secret) ?? (await keys.findAfresh(secret));
  if (key !== undefined) return unexpired(key);
  if (tokens?.takes(secret) === true) return tokens.verify(secret);
  throw unknown(secret, keys.incomplete);
}

// Only who has the secret hears that there is such a key.
function unexpired(key: ApiKey): ApiKey {
  if (key.expiresAt === undefined || key.expiresAt.getTime() > Date.now()) return key;
  throw unauthenticated('key-expired', 'The key has expired, or was replaced by a new one. Use that.', INVALID_TOKEN);
}

// The check part is no secret: anybody can work it out.
function unknown(secret: string, incomplete: boolean): Problem {
  if (isMistyped(secret)) return unauthenticated('key-mistyped', 'This cannot be a key: a character is wrong, missing or too many. Copy it whole.', INVALID_TOKEN);
  if (incomplete && isWellFormed(secret)) return keysNotLoaded();
  return unauthenticated('key-unknown', 'The key is not known. It may have been rotated or revoked, or belong to another installation.', INVALID_TOKEN);
}

function keysNotLoaded(): Problem {
  return new Problem({
    status: 503, code: 'keys-not-loaded', title: 'The key cannot be checked yet', detail: 'Keys that were made by command are not known here yet. Send the same request again shortly.',
    retryAfterSeconds: 1,
  });
}

function scopeMissing(detail: string): Problem {
  return new Problem({ status: 403, code: 'scope-missing', title: 'The key may not do this', detail });
}
