import type { ContractIssue } from '@posthorn/contracts';
import { ConversionError, convert } from './conversions.js';
import { valueAt, writeAt } from './json.places.js';
import type { MappedValue, MappingRule, Places, SingleValue } from './mapping.schema.js';

/** An event in the making, as one rule made it of a delivery. */
export interface MappedEvent {
  rule: MappingRule;
  data: Record<string, unknown>;
  time: string | undefined;
  /** What the rule's `once` points at; undefined without it, or where nothing is there. */
  onceFor: unknown[] | undefined;
  issues: ContractIssue[];
}

/** `unknown`: no rule has ever heard of the topic. Otherwise what its rules made of it, which may be nothing. */
export type Mapping = { known: false } | { known: true; events: MappedEvent[] };

/** What a payload says in our words. Never throws, and never quotes a value. */
export function mapDelivery(rules: readonly MappingRule[], topic: string, payload: unknown): Mapping {
  const fitting = rules.filter((rule) => rule.topic === undefined || [rule.topic].flat().includes(topic));
  if (fitting.length === 0) return { known: false };
  return { known: true, events: fitting.filter((rule) => isMet(rule, payload)).map((rule) => mapOne(rule, payload)) };
}

function isMet({ when }: MappingRule, payload: unknown): boolean {
  return Object.entries(when).every(([place, condition]) => {
    const found = present(valueAt(payload, place));
    if (condition === 'present') return found !== undefined;
    if (condition === 'absent') return found === undefined;
    return condition.is.some((wanted) => wanted === found);
  });
}

function mapOne(rule: MappingRule, payload: unknown): MappedEvent {
  const issues: ContractIssue[] = [];
  const data: Record<string, unknown> = {};
  for (const [target, value] of Object.entries(rule.data)) {
    const result = evaluate(value, payload, `/data${target}`, issues);
    if (result === undefined) continue;
    if (target === '') Object.assign(data, typeof result === 'object' ? result : {});
    else writeAt(data, target, result);
  }
  const time = rule.time === undefined ? undefined : single(rule.time, payload, '/time', issues);
  const once = rule.once?.map((places) => firstOf(places, payload));
  return { rule, data, time: typeof time === 'string' ? time : undefined, onceFor: once?.every((each) => each !== undefined) === true ? once : undefined, issues };
}

function evaluate(value: MappedValue, payload: unknown, target: string, issues: ContractIssue[]): unknown {
  if (typeof value === 'string' || Array.isArray(value) || !('each' in value)) return single(value, payload, target, issues);
  const items = valueAt(payload, value.each);
  if (!Array.isArray(items)) return undefined;
  return items.map((item: unknown, index) => {
    const made: Record<string, unknown> = {};
    for (const [place, inner] of Object.entries(value.data)) {
      const result = single(inner, item, `${target}/${index}${place}`, issues);
      if (result !== undefined) writeAt(made, place, result);
    }
    return made;
  });
}

function single(value: SingleValue, payload: unknown, target: string, issues: ContractIssue[]): unknown {
  if (typeof value === 'string' || Array.isArray(value)) return firstOf(value, payload);
  if ('value' in value) return value.value;
  if ('join' in value) return joined(value, payload);
  const found = firstOf(value.from, payload) ?? value.default;
  if (found === undefined || value.as === undefined) return found;
  try {
    return convert(found, value.as, value.currency === undefined ? undefined : valueAt(payload, value.currency));
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    issues.push({ pointer: target, rule: 'conversion', message: `${error.message}, to be taken as ${value.as}` });
    return undefined;
  }
}

function joined({ join: places, with: between }: { join: readonly string[]; with: string }, payload: unknown): unknown {
  const found = places.map((place) => present(valueAt(payload, place)));
  return present(found.filter((each) => typeof each === 'string' || typeof each === 'number').join(between));
}

function firstOf(places: Places, payload: unknown): unknown {
  for (const place of [places].flat()) {
    const found = present(valueAt(payload, place));
    if (found !== undefined) return found;
  }
  return undefined;
}

// Senders write "nothing" as null and as an empty text; in an event a field is there or it is not.
function present(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? undefined;
  const text = value.trim();
  return text === '' ? undefined : text;
}
