import { type ContractIssue, pointerOf } from '@posthorn/contracts';
import type { FormFields } from './form.body.js';
import type { FieldSettings, Form } from './form.settings.js';

export interface FormData {
  data: Record<string, unknown>;
  /** With pointers into the envelope. */
  issues: ContractIssue[];
}

/** Where a type has room for words that no other field is for; what a form sends beyond its mapping is kept there. */
const FREE_TEXT: Readonly<Record<string, string>> = {
  'lead.submitted': '/message',
  'appointment.booked': '/notes',
  'appointment.rescheduled': '/notes',
  'appointment.cancelled': '/notes',
};
const NAMES_ITS_FORM = new Set(['lead.submitted', 'form.submitted']);
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const UNTICKED = new Set(['', '0', 'false', 'off', 'no']);

/**
 * What a form's fields say in the words of the contract. Nothing typed is lost: what is not mapped becomes one of the
 * `fields` of a form.submitted, or a line of a message. A type that has room for neither refuses it, so that whoever
 * builds the form sees it at once.
 */
export function dataOf({ name: form, settings }: Form, fields: FormFields, ours: ReadonlySet<string>, now: Date): FormData {
  const { type, constants, ignore } = settings;
  const data: Record<string, unknown> = {};
  const issues: ContractIssue[] = [];
  if (NAMES_ITS_FORM.has(type)) place(data, '/form', form);
  for (const [pointer, value] of Object.entries(constants)) place(data, pointer, value);
  for (const [name, mapping] of Object.entries(settings.fields)) {
    const values = (fields.get(name) ?? []).map((value) => value.trim()).filter((value) => value !== '');
    const read = valueOf(mapping, values, now);
    if (read === undefined) {
      if (mapping.required) issues.push({ pointer: `/data${mapping.to}`, rule: 'required', message: 'is required' });
      continue;
    }
    if (typeof read === 'number' && Number.isNaN(read)) issues.push({ pointer: `/data${mapping.to}`, rule: 'type', message: 'must be a number' });
    else place(data, mapping.to, joined(mapping, placed(data, mapping.to), read));
  }
  // An empty person is told what it lacks, and a missing one only that it is missing.
  const aboutSomebody = Object.values(settings.fields).some(({ to }) => to.startsWith('/person/'));
  if (aboutSomebody && type !== 'form.submitted') data['person'] ??= {};
  const rest = [...fields].filter(([name]) => !Object.hasOwn(settings.fields, name) && !ignore.includes(name) && !ours.has(name) && !name.startsWith('_'));
  keepRest(type, data, rest, issues);
  return { data, issues };
}

function valueOf(mapping: FieldSettings, values: string[], now: Date): unknown {
  switch (mapping.as) {
    case 'text':
      return values.length === 0 ? undefined : values.join(', ');
    case 'list':
      return values.length === 0 ? undefined : values;
    case 'number':
      return values[0] === undefined ? undefined : Number(values[0]);
    case 'boolean':
      // Browsers do not send a box that is not ticked. Where ticking is required, that is a mistake.
      return isTicked(values) || (mapping.required ? undefined : false);
    case 'consent':
      return isTicked(values) ? { purposes: mapping.purposes, wordingVersion: mapping.wordingVersion, time: now.toISOString(), way: 'form' } : undefined;
  }
}

const isTicked = (values: string[]): boolean => values.some((value) => !UNTICKED.has(value.toLowerCase()));

/** Two fields for one place: a first and a last name, or two boxes of consent. */
function joined({ as }: FieldSettings, before: unknown, value: unknown): unknown {
  if (before === undefined) return value;
  if (as === 'text') return [before, value].join(' ');
  if (as !== 'consent') return value;
  const [one, other] = [before, value] as { purposes: string[] }[];
  return { ...one, purposes: [...new Set([...(one?.purposes ?? []), ...(other?.purposes ?? [])])] };
}

function keepRest(type: string, data: Record<string, unknown>, rest: [string, readonly string[]][], issues: ContractIssue[]): void {
  const room = FREE_TEXT[type];
  const lines: string[] = [];
  for (const [name, values] of rest) {
    if (type === 'form.submitted' && !FORBIDDEN.has(name)) place(data, pointerOf(['fields', name]), values.length === 1 ? values[0] : values);
    else if (room === undefined) issues.push({ pointer: pointerOf(['data', name]), rule: 'unknown_field', message: 'is not mapped to anything, and not ignored' });
    else if (values.some((value) => value.trim() !== '')) lines.push(`${labelOf(name)}: ${values.join(', ')}`);
  }
  if (type === 'form.submitted') data['fields'] ??= {};
  if (room === undefined || lines.length === 0) return;
  const said = placed(data, room);
  place(data, room, typeof said === 'string' ? `${said}\n\n${lines.join('\n')}` : lines.join('\n'));
}

/** A field's name as a person would write it. */
export function labelOf(name: string): string {
  const words = name.replaceAll(/[_\-[\].]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function stepsOf(pointer: string): string[] {
  return pointer.slice(1).split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function placed(data: Record<string, unknown>, pointer: string): unknown {
  let at: unknown = data;
  for (const step of stepsOf(pointer)) at = typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined;
  return at;
}

// The settings see to it that no step is one of those that would change an object's prototype, and that no value is in the way.
function place(data: Record<string, unknown>, pointer: string, value: unknown): void {
  const steps = stepsOf(pointer);
  const last = steps.pop() ?? '';
  let at = data;
  for (const step of steps) at = (at[step] ??= {}) as Record<string, unknown>;
  at[last] = value;
}
