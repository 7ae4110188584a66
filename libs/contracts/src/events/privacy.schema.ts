import { z } from 'zod';
import { TYPE_NAME } from '../envelope/envelope.schema.js';
import { UUID_V7 } from '../envelope/identifier.js';
import { person } from '../schemas/person.schema.js';

/** So many events fit one request; more make several, of one correlation. */
export const ERASURE_EVENTS_MAX = 1_000;

/** `site`: ordered with the site's key. `person`: confirmed through a mail to the address. `retention`: kept for long enough. */
export const ERASURE_CAUSES = ['site', 'person', 'retention'] as const;
export type ErasureCause = (typeof ERASURE_CAUSES)[number];

const ids = z.array(z.string().regex(UUID_V7, 'must be a lower-case UUIDv7')).min(1);

/**
 * The events that are to be forgotten, by their type. It names no person: who has the events knows whom they are about,
 * and the request itself never has to be forgotten.
 */
export const erasureRequested = z.strictObject({
  cause: z.enum(ERASURE_CAUSES),
  events: z.record(z.string().max(100).regex(TYPE_NAME, 'must be an event type'), ids).refine((events) => Object.values(events).flat().length <= ERASURE_EVENTS_MAX, {
    error: `must be ${ERASURE_EVENTS_MAX} events at most`,
    params: { rule: 'too_big' },
  }),
});

/** Ingress has overwritten the messages of a request's events that NATS still held. */
export const transportErased = z.strictObject({ messages: z.int().min(0) });

/** Somebody wants to be forgotten, and said so where anybody can type any address: it is asked first. */
export const confirmationRequested = z.strictObject({ person });
