import { acceptedAtOf, EVENTS_PUBLISHER } from '@posthorn/contracts';
import type { KnownService } from '../books/book.shelf.js';
import { DAY_MS, dayOf } from '../books/book.options.js';
import { SERVICE } from '../config.js';
import { ERASURE_REQUESTED } from './erasure.notice.js';

/** A service that learns a type is given what the streams remember of it. */
const REMEMBERED_DAYS = 4;

export interface Places {
  /** Without the word of each of these nothing is certified. */
  awaited: string[];
  /** They take events of these types, and no erasures. */
  unable: string[];
}

/** Where a request's events are, as far as the books tell: who takes which types, and since when. */
export function placesOf({ id, types }: { id: string; types: readonly string[] }, services: readonly KnownService[]): Places {
  const requestedAt = acceptedAtOf(id).getTime();
  // Who came later has never been given what was forgotten before.
  const there = services.filter(({ service, since }) => service !== SERVICE && (since === undefined || Date.parse(since) <= requestedAt));
  const heard = there.filter((service) => takes(service, ERASURE_REQUESTED) && Date.parse(service.typeDays[ERASURE_REQUESTED] ?? dayOf(0)) <= requestedAt + REMEMBERED_DAYS * DAY_MS);
  return {
    awaited: [EVENTS_PUBLISHER, ...heard.map(({ service }) => service)],
    unable: there.filter((service) => !heard.includes(service) && types.some((type) => takes(service, type))).map(({ service }) => service),
  };
}

const takes = ({ types }: KnownService, type: string): boolean => types === null || types.includes(type);
