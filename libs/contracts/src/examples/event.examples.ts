import type { EventData, EventType } from '../events/event.catalogue.js';

const jane = { email: 'jane.roe@example.com', name: 'Jane Roe', phone: '+49 30 1234567', company: 'Roe & Co', locale: 'de-DE' };

const consent = { purposes: ['newsletter'], wordingVersion: '2026-01', time: '2026-03-02T09:14:07Z', way: 'form' };

const appointment = {
  appointmentId: 'A-1042',
  start: '2026-03-30T10:00:00+02:00',
  end: '2026-03-30T10:45:00+02:00',
  timeZone: 'Europe/Berlin',
  title: 'First consultation',
  place: 'Main Street 1, Berlin',
  person: jane,
};

/** One valid example of each event's data, for documentation and tests. */
export const EXAMPLES: { readonly [T in EventType]: EventData<T> } = {
  'lead.submitted': {
    person: jane,
    message: 'Please send me an offer for 20 seats.\nBest before Friday.',
    form: 'contact',
    page: 'https://www.example.com/contact',
    consent: { ...consent, purposes: ['contact'] },
    campaign: { source: 'newsletter', medium: 'email', name: 'spring' },
  },
  'newsletter.subscribed': { person: jane, list: 'monthly', consent },
  'newsletter.confirmed': { person: jane, list: 'monthly', consent: { ...consent, time: '2026-03-02T09:20:31Z', way: 'double-opt-in' } },
  'newsletter.unsubscribed': { person: jane, list: 'monthly' },
  'appointment.booked': { ...appointment, notes: 'Second floor' },
  'appointment.rescheduled': { ...appointment, start: '2026-03-31T14:00:00+02:00', end: '2026-03-31T14:45:00+02:00', reason: 'Ill on Monday' },
  'appointment.cancelled': { ...appointment, reason: 'No longer needed' },
  'order.paid': {
    orderId: '2026-00317',
    total: { amount: '59.80', currency: 'EUR' },
    lines: [
      { sku: 'MUG-1', name: 'Mug', quantity: 2, price: '14.95' },
      { name: 'Teapot', quantity: 1, price: '29.90' },
    ],
    person: jane,
  },
  'customer.updated': { person: { ...jane, company: 'Roe Ltd' }, previousEmail: 'jane@example.org', consent: { ...consent, purposes: ['offers'], way: 'phone' } },
  'privacy.confirmation_requested': { person: { email: jane.email, locale: jane.locale } },
  'privacy.erasure_requested': { cause: 'site', events: { 'lead.submitted': ['0195569c-1d58-7b1e-8d4c-3f2a1b0c9d8e'], 'order.paid': ['0195569e-77a0-7c52-9a6f-0e1d2c3b4a59'] } },
  'privacy.transport_erased': { messages: 2 },
  'quarantine.released': { actor: 'ada', entries: [{ id: '0195569c-1d58-7b1e-8d4c-3f2a1b0c9d8e', state: 'held', code: 'spam-suspected', event: '0195569c-1d58-7b1e-8d4c-3f2a1b0c9d8e' }] },
  'quarantine.discarded': { cause: 'person', actor: 'ada', entries: [{ id: '0195569e-77a0-7c52-9a6f-0e1d2c3b4a59', state: 'refused', code: 'validation-failed' }] },
  'access.key_created': { key: 'acme-website', kind: 'browser', scopes: ['events:write'], types: ['lead.submitted'], origins: ['https://www.acme.example'], actor: 'ada' },
  'access.key_rotated': { key: 'acme-backend', kind: 'secret', earlierUntil: '2026-03-03T09:14:07Z', actor: 'ada' },
  'access.key_revoked': { key: 'acme-website', kind: 'browser', actor: 'ada' },
  'form.submitted': { form: 'workshop', fields: { topic: 'Clay', seats: 3, vegetarian: true, days: ['Mon', 'Tue'] }, person: jane },
};
