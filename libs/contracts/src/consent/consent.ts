import type { Envelope } from '../envelope/envelope.schema.js';
import { WEBSITE_EVENT_TYPES, type WebsiteEventType } from '../events/event.catalogue.js';
import type { Consent } from '../schemas/person.schema.js';

/** They take something back. To keep them from anybody for want of a consent would leave there what was to go. */
export const WITHDRAWALS = ['newsletter.unsubscribed', 'appointment.cancelled'] as const satisfies readonly WebsiteEventType[];
type Withdrawal = (typeof WITHDRAWALS)[number];

/** The types for which a consent can be asked. */
export const CONSENT_EVENT_TYPES = WEBSITE_EVENT_TYPES.filter((type): type is Exclude<WebsiteEventType, Withdrawal> => !(WITHDRAWALS as readonly string[]).includes(type));

/** The consent that an event carries. */
export function consentOf({ data }: Pick<Envelope<unknown>, 'data'>): Consent | undefined {
  return (data as { consent?: Consent } | undefined)?.consent;
}

/** Those of the purposes to which the person has not agreed, as far as the event says; all of them, where it carries no consent. */
export function purposesLacking(event: Pick<Envelope<unknown>, 'data'>, purposes: readonly string[]): string[] {
  const given = consentOf(event)?.purposes ?? [];
  return purposes.filter((purpose) => !given.includes(purpose));
}
