import { hash } from 'node:crypto';
import { Problem } from '@posthorn/http';

const KEY = /^[\x21-\x7e]{1,255}$/;
/** Of a key that is sent for a whole batch: the number of the item is added. */
const LONGEST_OF_A_BATCH = 250;

/** What a sender may choose as a key. */
export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === 'string' && KEY.test(value);
}

export function keyFromHeader(header: string | string[] | undefined): string | undefined {
  if (header === undefined || isIdempotencyKey(header)) return header;
  throw malformed('Send one Idempotency-Key of 1 to 255 visible ASCII characters without spaces, such as a UUID.');
}

/** The key of each item, from the one that was sent for all of them. With a space, which no sender's own key has. */
export function keysOfBatch(header: string | string[] | undefined): (index: number) => string | undefined {
  const key = keyFromHeader(header);
  if (key === undefined) return () => undefined;
  if (key.length > LONGEST_OF_A_BATCH) throw malformed(`The Idempotency-Key of a batch has at most ${LONGEST_OF_A_BATCH} characters.`);
  return (index) => `${key} ${index}`;
}

// CloudEvents makes (source, id) unique per event. Hashed, because either may be long; with a space, so that no
// Idempotency-Key can be the same.
export function keyOfCloudEvent({ source, id }: Record<string, unknown>): string {
  return `cloudevent ${hash('sha256', JSON.stringify([source, id]), 'base64url')}`;
}

function malformed(detail: string): Problem {
  return new Problem({ status: 400, code: 'idempotency-key-malformed', title: 'The Idempotency-Key is malformed', detail });
}
