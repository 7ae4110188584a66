import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../documents/json-schema.document.js';
import { pointerOf } from '../json-pointer.js';
import { PERSONAL_KEYWORD } from '../personal/personal.mark.js';

/** Something that was valid as published, or protected, and no longer is. */
export interface BreakingChange {
  /** Of the field, within the data. */
  pointer: string;
  change: string;
}

/** They say something to people, and nothing about what is valid. */
const ANNOTATIONS = new Set(['$schema', '$id', 'title', 'description', 'examples', 'default']);
/** Less than before is a narrowing, and so is a limit where there was none. */
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'] as const;
/** More than before is a narrowing. */
const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'] as const;
const JUDGED = new Set<string>([...ANNOTATIONS, ...UPPER, ...LOWER, 'type', 'properties', 'required', 'items', 'enum', 'anyOf', 'additionalProperties', PERSONAL_KEYWORD]);

/** All that a schema takes away from whoever relies on the published one. What this does not understand may not change at all. */
export function breakingChanges(published: JsonSchema, present: JsonSchema, path: readonly string[] = []): BreakingChange[] {
  const found: BreakingChange[] = [];
  const broken = (change: string, at = path): void => void found.push({ pointer: pointerOf(at), change });
  if (published[PERSONAL_KEYWORD] === true && present[PERSONAL_KEYWORD] !== true) broken('is no longer marked as personal');
  if (!isTypeKept(published['type'], present['type'])) broken(`was ${shown(published['type'])} and is ${shown(present['type'])}`);
  for (const limit of UPPER) if (isLess(present[limit], published[limit])) broken(`${limit} is ${shown(present[limit])}, and was ${shown(published[limit])}`);
  for (const limit of LOWER) if (isLess(published[limit], present[limit])) broken(`${limit} is ${shown(present[limit])}, and was ${shown(published[limit])}`);
  if (!isEnumKept(published['enum'], present['enum'])) broken('no longer allows every value');
  for (const keyword of new Set([...Object.keys(published), ...Object.keys(present)])) {
    if (!JUDGED.has(keyword) && !isDeepStrictEqual(published[keyword], present[keyword])) broken(`${keyword} has changed`);
  }
  const [before, now] = [fieldsOf(published), fieldsOf(present)];
  for (const [name, schema] of Object.entries(before)) {
    const field = now[name];
    if (field === undefined) broken('is gone', [...path, name]);
    else found.push(...breakingChanges(schema, field, [...path, name]));
  }
  const required = new Set(namesIn(published['required']));
  for (const name of namesIn(present['required'])) if (!required.has(name)) broken('is newly required', [...path, name]);
  for (const keyword of ['items', 'additionalProperties'] as const) {
    const [was, is] = [published[keyword], present[keyword]];
    if (isSchema(was) && isSchema(is)) found.push(...breakingChanges(was, is, [...path, '*']));
    else if (is !== undefined && !isDeepStrictEqual(was, is) && is !== true) broken(`${keyword} has changed`);
  }
  return [...found, ...alternativesLost(published['anyOf'], present['anyOf'], path)];
}

/** Each way to be valid has to stay, at its place; others may follow. */
function alternativesLost(was: unknown, is: unknown, path: readonly string[]): BreakingChange[] {
  if (is === undefined && was === undefined) return [];
  if (!Array.isArray(was) || !Array.isArray(is) || is.length < was.length) return [{ pointer: pointerOf(path), change: 'has other alternatives' }];
  return was.flatMap((schema, index) => breakingChanges(schema as JsonSchema, is[index] as JsonSchema, path));
}

function isTypeKept(was: unknown, is: unknown): boolean {
  const widened = (was === 'integer' && is === 'number') || is === undefined;
  return widened || isDeepStrictEqual(was, is);
}

function isEnumKept(was: unknown, is: unknown): boolean {
  if (is === undefined) return true;
  return Array.isArray(was) && Array.isArray(is) && was.every((value) => is.includes(value));
}

/** No limit is more than any. */
function isLess(limit: unknown, other: unknown): boolean {
  if (typeof limit !== 'number') return false;
  return typeof other !== 'number' || limit < other;
}

function fieldsOf({ properties }: JsonSchema): Record<string, JsonSchema> {
  return isSchema(properties) ? (properties as Record<string, JsonSchema>) : {};
}

function namesIn(required: unknown): string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const shown = (value: unknown): string => (value === undefined ? 'without one' : JSON.stringify(value));
