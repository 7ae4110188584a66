import type { Envelope } from '../envelope/envelope.schema.js';
import { isTaken } from '../events/event.versions.js';
import { personalValue, splitPersonal } from './personal.fields.js';

// The address of today first: it decides who somebody is when both are known.
const ADDRESS_FIELDS = ['/person/email', '/previousEmail'];
const FORM_FIELDS = '/fields';
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** What is left of an event when its personal values are erased: who sent what kind of event when, and no more. */
export function eraseEvent(event: Envelope<unknown>): Envelope<unknown> {
  // What is personal in a version that nobody here knows any more, nobody can say.
  const known = isTaken(event.type, event.dataschema);
  return { ...event, erased: true, data: known ? splitPersonal(event.type, event.data).clear : {} };
}

/** The e-mail addresses that say whom an event is about, as they were written. Of a form that names nobody: those in its fields. */
export function addressesIn({ type, data }: Pick<Envelope<unknown>, 'type' | 'data'>): string[] {
  const named = ADDRESS_FIELDS.flatMap((field) => textsIn(personalValue(type, data, field)));
  if (named.length > 0) return named;
  const fields = personalValue(type, data, FORM_FIELDS);
  return typeof fields === 'object' && fields !== null ? Object.values(fields).flatMap(textsIn).filter((text) => ADDRESS.test(text.trim())) : [];
}

/** One spelling for all of an address: capitals and spaces around it do not make another person. */
export function canonicalAddress(address: string): string {
  return address.trim().toLowerCase();
}

function textsIn(value: unknown): string[] {
  return typeof value === 'string' ? [value] : [];
}
