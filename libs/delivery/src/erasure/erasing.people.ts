import { addressesIn, canonicalAddress, type PosthornEvent } from '@posthorn/contracts';
import { type ClaimedDelivery } from '../delivery.row.js';
import { digestOf } from '../ordering.key.js';
import { ERASURE } from './erasure.names.js';

/** Whom the events are about, as digests of their addresses. */
export function peopleIn(events: readonly PosthornEvent[]): string[] {
  return [...new Set(events.flatMap(addressesIn).map((address) => digestOf(canonicalAddress(address))))];
}

/**
 * Whether it is about somebody who is to be erased at its provider first: it came after they had asked, and must not be
 * erased with the rest. What may have taken effect already is not made to wait: the erasure waits for it.
 */
export function waitsForErasure({ event, was, erasing }: ClaimedDelivery): boolean {
  if (erasing.size === 0 || was === 'unknown' || event.type === ERASURE) return false;
  return peopleIn([event]).some((person) => erasing.has(person));
}
