import { createEvent, createOutcome, type Envelope, erasureOutcome, type ErasureCause, EXAMPLES, newId, type PosthornEvent } from '@posthorn/contracts';
import { ERASURE_REQUESTED, TRANSPORT_ERASED } from './erasure.notice.js';

export interface Asked {
  site?: string;
  cause?: ErasureCause;
  correlationid?: string;
}

/** A lead of somebody. */
export function leadOf(email: string, site = 'acme'): PosthornEvent {
  return createEvent({ site, type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], person: { email } } });
}

/** That these events be forgotten. */
export function erasureOf(events: readonly Envelope<unknown>[], { site = 'acme', cause = 'site', correlationid }: Asked = {}): PosthornEvent<typeof ERASURE_REQUESTED> {
  const byType: Record<string, string[]> = {};
  for (const { id, type } of events) (byType[type] ??= []).push(id);
  return createEvent({ site, type: ERASURE_REQUESTED, correlationid, data: { cause, events: byType } });
}

/** Ingress has erased the request's messages of NATS. */
export function transportErased({ id, site, correlationid }: Envelope<unknown>, messages = 1): PosthornEvent {
  return { ...createEvent({ site, type: TRANSPORT_ERASED, correlationid, data: { messages } }), id: newId(), causationid: id };
}

/** A service has erased the request's events. */
export function erasureCompleted(service: string, { id, type, site, correlationid }: Envelope<unknown>, facts: Record<string, number> = { events: 1 }): Envelope<unknown> {
  return createOutcome({ site, type: erasureOutcome(service), correlationid, data: { service, connection: 'erasure', state: 'erased', event: { id, type }, facts } });
}
