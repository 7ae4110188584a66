import type { ApiKey, KeyRing } from './key.ring.js';
import { Problem } from './problem.error.js';

const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i;

/** The key of an Authorization header. Throws 401 for none of the ring, and 403 for one without the scope. */
export function callerOf(keys: KeyRing, header: string | undefined, scope: string | undefined): ApiKey {
  const key = authenticated(keys, header);
  if (scope === undefined || key.scopes.includes(scope)) return key;
  throw new Problem({
    status: 403, code: 'scope-missing', title: 'The key may not do this', detail: `Use a key with the scope ${scope}.`,
  });
}

function authenticated(keys: KeyRing, header: string | undefined): ApiKey {
  if (header === undefined) {
    throw unauthenticated('key-missing', 'Send the key as "Authorization: Bearer <key>".', 'Bearer realm="posthorn"');
  }
  const secret = BEARER.exec(header)?.[1];
  if (secret === undefined) {
    throw unauthenticated(
      'key-malformed', 'The header must read "Authorization: Bearer <key>".', 'Bearer realm="posthorn", error="invalid_request"',
    );
  }
  const key = keys.find(secret);
  if (key === undefined) {
    throw unauthenticated(
      'key-unknown', 'The key is not known. It may have been rotated, or belong to another installation.',
      'Bearer realm="posthorn", error="invalid_token"',
    );
  }
  return key;
}

function unauthenticated(code: string, detail: string, challenge: string): Problem {
  return new Problem({
    status: 401, code, title: 'The request carries no valid key', detail, headers: { 'www-authenticate': challenge },
  });
}
