import { acceptedAtOf, ContractError, newId, parseData, UUID_V7, type EventData, type Person, type WebsiteEventType } from '@posthorn/contracts';
import { orderLines, totalOf } from './products.js';
import { NoSuchTimeError, zonedInstant, zonedText } from './zoned.time.js';

export type Fields = Record<string, string>;

export interface Submission<T extends WebsiteEventType = WebsiteEventType> {
  type: T;
  data: EventData<T>;
}

export type Read = { ok: true; submission: Submission } | { ok: false; errors: Record<string, string> };

export const CONSENT_WORDING = '2026-11';
const VISIT_MINUTES = 60;

/** What the visitor sees when a field does not hold what the contract demands, by the end of its pointer. */
const EXPLANATIONS: Record<string, string> = {
  email: 'Please give a whole e-mail address, such as ada@example.org.',
  timeZone: 'Please choose a time zone from the list.',
};

const ABSENT: Record<string, string> = { consent: 'We may only write to you if you agree.' };

/** A form's hidden key: one event, however often the button is pressed. Made when the page is, and tells that time. */
export function newFormKey(): string {
  return newId();
}

export function formKeyOf(fields: Fields): string {
  const key = fields['key'] ?? '';
  return UUID_V7.test(key) ? key : newId();
}

export function readContact(fields: Fields, key: string, pageUrl: string): Read {
  return read('lead.submitted', fields, ['name', 'email', 'message'], () => ({
    person: person(fields),
    message: fields['message'],
    form: 'contact',
    page: pageUrl,
    ...(fields['offers'] && { consent: consent(['offers-by-mail'], key) }),
  }));
}

export function readNewsletter(fields: Fields, key: string): Read {
  return read('newsletter.subscribed', fields, ['email', 'consent'], () => ({
    person: person(fields),
    list: 'Garden letter',
    consent: consent(['newsletter'], key),
  }));
}

export function readAppointment(fields: Fields, key: string): Read {
  return read('appointment.booked', fields, ['name', 'email', 'date', 'time', 'timeZone'], () => ({
    appointmentId: `visit-${key}`,
    ...times(fields),
    title: 'Garden visit by Acme Garden Design',
    place: fields['place'] || undefined,
    person: person(fields),
    notes: fields['notes'] || undefined,
  }));
}

export function readReschedule(fields: Fields, booked: EventData<'appointment.booked'>): Read {
  const given = { ...fields, timeZone: booked.timeZone };
  return read('appointment.rescheduled', given, ['date', 'time'], () => ({ ...booked, ...times(given), reason: 'Moved on the website' }));
}

export function readOrder(fields: Fields, key: string): Read {
  const lines = orderLines(fields);
  if (lines.length === 0) return { ok: false, errors: { products: 'Please choose at least one product.' } };
  return read('order.paid', fields, ['name', 'email'], () => ({
    orderId: `AGD-${key.slice(0, 8)}-${key.slice(-4)}`.toUpperCase(),
    total: { amount: totalOf(lines), currency: 'EUR' },
    lines,
    person: person(fields),
  }));
}

function read<T extends WebsiteEventType>(type: T, fields: Fields, required: string[], build: () => unknown): Read {
  const missing = Object.fromEntries(required.filter((name) => !fields[name]).map((name) => [name, ABSENT[name] ?? 'Please fill this in.']));
  try {
    const data = parseData(type, withoutUndefined(build()));
    return Object.keys(missing).length > 0 ? { ok: false, errors: missing } : { ok: true, submission: { type, data } };
  } catch (error) {
    if (error instanceof ContractError) return { ok: false, errors: { ...contractErrors(error), ...missing } };
    if (error instanceof NoSuchTimeError) return { ok: false, errors: { time: error.message, ...missing } };
    throw error;
  }
}

function contractErrors(error: ContractError): Record<string, string> {
  return Object.fromEntries(
    error.issues.map(({ pointer, message }) => {
      const name = pointer.split('/').at(-1) ?? '';
      return [name === 'start' || name === 'end' ? 'date' : name, EXPLANATIONS[name] ?? `This ${message}.`];
    }),
  );
}

function person(fields: Fields): Person {
  const optional = (name: string): string | undefined => fields[name] || undefined;
  return { email: fields['email'] ?? '', name: optional('name'), phone: optional('phone'), company: optional('company'), locale: optional('locale') };
}

function consent(purposes: string[], key: string): { purposes: string[]; wordingVersion: string; time: string; way: string } {
  return { purposes, wordingVersion: CONSENT_WORDING, time: acceptedAtOf(key).toISOString(), way: 'form' };
}

function times(fields: Fields): { start: string; end: string; timeZone: string } {
  const timeZone = fields['timeZone'] ?? '';
  if (!Intl.supportedValuesOf('timeZone').includes(timeZone) && timeZone !== 'UTC') return { start: '', end: '', timeZone };
  const start = zonedInstant(fields['date'] ?? '', fields['time'] ?? '', timeZone);
  const end = new Date(start.getTime() + VISIT_MINUTES * 60_000);
  return { start: zonedText(start, timeZone), end: zonedText(end, timeZone), timeZone };
}

// A key with the value undefined would still be a key to a strict schema.
function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
