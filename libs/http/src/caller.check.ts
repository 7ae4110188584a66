import type { ApiKey, KeyRing } from './key.ring.js';
import type { TokenVerifier } from './open-id/token.verifier.js';
import { Problem } from './problem.error.js';
import { unauthenticated } from './unauthenticated.problem.js';

const BEARER = /^Bearer +([\x21-\x7e]{1,8192})$/i;
/** A key is far shorter than a token; what is longer is refused before anything is hashed. */
const LONGEST_KEY = 512;

/** By what a service knows who calls. */
export interface KnownCallers {
  keys: KeyRing;
  tokens?: TokenVerifier;
}

/** Whose an Authorization header is. Throws 401 for nobody we know, and 403 for who does not have the scope. */
export async function callerOf(known: KnownCallers, header: string | undefined, scope: string | undefined): Promise<ApiKey> {
  const caller = await authenticated(known, header);
  if (scope !== undefined) demandScope(caller, scope);
  return caller;
}

/** Throws 403 unless the caller has the scope. For a handler that needs one or another, by what it is asked to do. */
export function demandScope(caller: ApiKey, scope: string): void {
  if (caller.scopes.includes(scope)) return;
  throw new Problem({
    status: 403, code: 'scope-missing', title: 'The key may not do this', detail: `Use a key with the scope ${scope}.`,
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
  const key = keys.find(secret);
  if (key !== undefined) return key;
  if (tokens?.takes(secret) === true) return tokens.verify(secret);
  throw unauthenticated(
    'key-unknown', 'The key is not known. It may have been rotated, or belong to another installation.',
    'Bearer realm="posthorn", error="invalid_token"',
  );
}
