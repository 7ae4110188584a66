import type { Grant } from '../key.ring.js';

/** What is granted to those in whose token a claim has a value. */
export interface ClaimGrant {
  /** The claim's name, or the names on the way to it. */
  claim: string | readonly string[];
  /** The claim is this text, or a list with it. */
  equals: string;
  grant: Grant;
}

/** Everything that the claims of a token are granted. */
export function grantsOf(claims: object, grants: readonly ClaimGrant[]): Grant[] {
  return grants.filter(({ claim, equals }) => valuesAt(claims, [claim].flat()).includes(equals)).map(({ grant }) => grant);
}

function valuesAt(claims: object, path: readonly string[]): unknown[] {
  let value: unknown = claims;
  for (const name of path) {
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }
  if (Array.isArray(value)) return value;
  // RFC 8693: a list, with spaces between.
  return path.length === 1 && path[0] === 'scope' && typeof value === 'string' ? value.split(' ') : [value];
}
