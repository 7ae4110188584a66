import { createHash } from 'node:crypto';

/** Ordering keys are often a person's address, so only a digest is stored; 128 bits, written as a UUID. */
export function digestOf(orderingKey: string): string {
  return createHash('sha256').update(orderingKey).digest('hex').slice(0, 32);
}
