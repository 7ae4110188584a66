/**
 * What Posthorn promises to make of each type of event, written down once more here: a checker that read the
 * services' own tables of handlers would believe whatever mistake stands there.
 */
export const DELIVERING = ['crm-sync', 'email', 'calendar'] as const;
export type DeliveringService = (typeof DELIVERING)[number];

export interface Promised {
  service: DeliveringService;
  action: string;
}

const person: Promised = { service: 'crm-sync', action: 'sync-person' };
const subscription: Promised = { service: 'crm-sync', action: 'sync-subscription' };
const entry: Promised = { service: 'calendar', action: 'sync-appointment' };
const mail = (action: string): Promised => ({ service: 'email', action });

const PROMISES: Readonly<Record<string, readonly Promised[]>> = {
  'lead.submitted': [person, mail('confirm-lead'), mail('notify-owner')],
  'form.submitted': [person, mail('notify-form')],
  'order.paid': [person, mail('receipt')],
  'customer.updated': [person],
  'newsletter.subscribed': [subscription, mail('opt-in')],
  'newsletter.confirmed': [subscription, mail('welcome')],
  'newsletter.unsubscribed': [subscription],
  'appointment.booked': [entry, mail('invite')],
  'appointment.rescheduled': [entry, mail('invite')],
  'appointment.cancelled': [entry, mail('invite')],
  'privacy.confirmation_requested': [mail('confirm-erasure')],
};

export function promisesOf(type: string): readonly Promised[] {
  const promises = PROMISES[type];
  if (promises === undefined) throw new Error(`The checker does not know what to expect of ${type}.`);
  return promises;
}

/** The types of event that a service has something to do with. */
export function typesOf(service: DeliveringService): string[] {
  return Object.keys(PROMISES).filter((type) => promisesOf(type).some((promised) => promised.service === service));
}
