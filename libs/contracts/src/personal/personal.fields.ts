import { z } from 'zod';
import { isCustomType } from '../events/custom.schema.js';
import { takenVersions } from '../events/event.versions.js';
import { pointerOf, stepsOf } from '../json-pointer.js';
import { PERSONAL_KEYWORD } from './personal.mark.js';

/** What stands in the place of a personal value that the reader may not see. */
export const MASK = '[personal]';

/** Personal values by their JSON pointer within the data. */
export type PersonalPart = Record<string, unknown>;

type JsonObject = { [key: string]: unknown };

const pointersByType = new Map<string, readonly string[]>();

/** JSON pointers, within the data, of the fields marked as personal in any version that is taken: the one before is still in ledgers. */
export function personalPointers(type: string): readonly string[] {
  // Those of a site's own types are the same of all, and their names are anybody's.
  const name = isCustomType(type) ? 'custom' : type;
  let pointers = pointersByType.get(name);
  if (pointers === undefined) {
    pointers = [...new Set(takenVersions(type).flatMap(({ schema }) => marked(z.toJSONSchema(schema, { io: 'input' }), [])))];
    if (takenVersions(type).length > 0) pointersByType.set(name, pointers);
  }
  return pointers;
}

/**
 * Takes the personal values out of the data. Of a type this release does not know, everything counts as
 * personal: a newer publisher must not leak through an older reader.
 */
export function splitPersonal(type: string, data: unknown): { clear: unknown; personal: PersonalPart } {
  if (!isKnown(type)) return { clear: {}, personal: { '': data } };
  const clear: unknown = structuredClone(data);
  const personal: PersonalPart = {};
  for (const pointer of personalPointers(type)) {
    const place = placeOf(clear, pointer);
    if (place === undefined) continue;
    personal[pointer] = place.holder[place.key];
    Reflect.deleteProperty(place.holder, place.key);
  }
  return { clear, personal };
}

function isKnown(type: string): boolean {
  return personalPointers(type).length > 0 || takenVersions(type).length > 0;
}

/** One personal value, which stays where it is: taking all of them out costs more than checking the event. */
export function personalValue(type: string, data: unknown, pointer: string): unknown {
  if (!personalPointers(type).includes(pointer)) return undefined;
  const place = placeOf(data, pointer);
  return place?.holder[place.key];
}

/** The inverse of splitPersonal. */
export function joinPersonal(clear: unknown, personal: PersonalPart): unknown {
  if (Object.hasOwn(personal, '')) return personal[''];
  const whole: unknown = structuredClone(clear);
  for (const [pointer, value] of Object.entries(personal)) {
    const steps = stepsOf(pointer);
    const last = steps.pop() ?? '';
    const holder = steps.reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), whole);
    if (isObject(holder)) holder[last] = value;
  }
  return whole;
}

/** The data with every personal value masked. */
export function maskPersonal(type: string, data: unknown): unknown {
  const { clear, personal } = splitPersonal(type, data);
  return joinPersonal(clear, maskOf(personal));
}

/** The same fields, with masks for values. */
export function maskOf(personal: PersonalPart): PersonalPart {
  return Object.fromEntries(Object.keys(personal).map((pointer) => [pointer, MASK]));
}

function placeOf(root: unknown, pointer: string): { holder: JsonObject; key: string } | undefined {
  const steps = stepsOf(pointer);
  const key = steps.pop() ?? '';
  const holder = steps.reduce<unknown>((at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined), root);
  return isObject(holder) && Object.hasOwn(holder, key) ? { holder, key } : undefined;
}

// Marks are found in objects only. A mark inside a list would need a pointer per element, and its
// silent loss would leak: so it is an error when the catalogue is first read.
function marked(schema: unknown, path: readonly string[]): string[] {
  if (!isObject(schema)) return [];
  if (schema[PERSONAL_KEYWORD] === true) return [pointerOf(path)];
  const { properties, ...rest } = schema;
  if (mentionsMark(rest)) throw new Error(`A personal mark under ${pointerOf(path) || '/'} is not the property of an object; mark the field above it.`);
  return isObject(properties) ? Object.entries(properties).flatMap(([name, child]) => marked(child, [...path, name])) : [];
}

function mentionsMark(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.entries(value).some(([name, child]) => name === PERSONAL_KEYWORD || mentionsMark(child));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
