import type { z } from 'zod';
import { accessKeyCreated, accessKeyRevoked, accessKeyRotated } from './access.schema.js';
import { appointment } from './appointment.schema.js';
import { customerUpdated } from './customer.schema.js';
import { formSubmitted } from './form.schema.js';
import { leadSubmitted } from './lead.schema.js';
import { newsletter } from './newsletter.schema.js';
import { orderPaid } from './order.schema.js';
import { confirmationRequested, erasureRequested, transportErased } from './privacy.schema.js';
import { quarantineDiscarded, quarantineReleased } from './quarantine.schema.js';

/** The events of version 1: what each type's data must be. The one place that links a type to its shape. */
export const EVENTS = {
  'lead.submitted': leadSubmitted,
  'newsletter.subscribed': newsletter,
  'newsletter.confirmed': newsletter,
  'newsletter.unsubscribed': newsletter,
  'appointment.booked': appointment,
  'appointment.rescheduled': appointment,
  'appointment.cancelled': appointment,
  'order.paid': orderPaid,
  'customer.updated': customerUpdated,
  'form.submitted': formSubmitted,
  'privacy.confirmation_requested': confirmationRequested,
  'privacy.erasure_requested': erasureRequested,
  'privacy.transport_erased': transportErased,
  'quarantine.released': quarantineReleased,
  'quarantine.discarded': quarantineDiscarded,
  'access.key_created': accessKeyCreated,
  'access.key_rotated': accessKeyRotated,
  'access.key_revoked': accessKeyRevoked,
} as const satisfies Record<string, z.ZodType>;

export type EventType = keyof typeof EVENTS;
export type EventData<T extends EventType> = z.infer<(typeof EVENTS)[T]>;

/** Said by Posthorn itself when somebody is to be forgotten; a website has another door for that. */
export const PRIVACY_EVENT_TYPES = ['privacy.confirmation_requested', 'privacy.erasure_requested', 'privacy.transport_erased'] as const satisfies readonly EventType[];
export type PrivacyEventType = (typeof PRIVACY_EVENT_TYPES)[number];

/** Said by Posthorn itself, of whatever: nobody may submit them. All but those about privacy are for the audit log alone. */
export const OWN_EVENT_TYPES = [
  ...PRIVACY_EVENT_TYPES,
  'quarantine.released',
  'quarantine.discarded',
  'access.key_created',
  'access.key_rotated',
  'access.key_revoked',
] as const satisfies readonly EventType[];
export type OwnEventType = (typeof OWN_EVENT_TYPES)[number];

/** The site of what Posthorn says of itself and of no website: nobody else's may be called so. */
export const OWN_SITE = 'posthorn';

export const EVENT_TYPES = Object.keys(EVENTS) as readonly EventType[];

/** What a website may report. */
export type WebsiteEventType = Exclude<EventType, OwnEventType>;
export const WEBSITE_EVENT_TYPES = EVENT_TYPES.filter((type): type is WebsiteEventType => !isOwnEventType(type));

export function isOwnEventType(type: string): type is OwnEventType {
  return (OWN_EVENT_TYPES as readonly string[]).includes(type);
}

export function isPrivacyEventType(type: string): type is PrivacyEventType {
  return (PRIVACY_EVENT_TYPES as readonly string[]).includes(type);
}

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENTS, type);
}
