import { expect, it } from 'vitest';
import { z } from 'zod';
import { personal } from '../personal/personal.mark.js';
import { breakingChanges } from './schema.compatibility.js';

const text = z.string().max(100);
const published = z.strictObject({
  name: personal(text.min(1)),
  kind: z.enum(['a', 'b']),
  seats: z.int().min(1).max(10).optional(),
  tags: z.array(text).max(5).optional(),
  place: z.strictObject({ town: text, code: z.string().regex(/^\d+$/).optional() }).optional(),
  answers: personal(z.record(text, z.union([text, z.boolean()]))).optional(),
});
const { shape } = published;
const documentOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>;
const changesTo = (schema: z.ZodType): string[] => breakingChanges(documentOf(published), documentOf(schema)).map(({ pointer, change }) => `${pointer} ${change}`);

it.each<[string, z.ZodType]>([
  ['nothing', published],
  ['a new optional field', published.extend({ more: text.optional() })],
  ['a field that is no longer required', published.extend({ kind: shape.kind.optional() })],
  ['one more allowed value', published.extend({ kind: z.enum(['a', 'b', 'c']) })],
  ['a larger limit', published.extend({ seats: z.int().min(0).max(20).optional(), tags: z.array(z.string().max(200)).max(9).optional() })],
  ['one more alternative', published.extend({ answers: personal(z.record(text, z.union([text, z.boolean(), z.number()]))).optional() })],
  ['a new personal mark', published.extend({ tags: personal(z.array(text).max(5)).optional() })],
])('takes nothing from anybody: %s', (_, schema) => {
  expect(changesTo(schema)).toEqual([]);
});

it.each<[string, z.ZodType, string[]]>([
  ['a field that is gone', published.omit({ seats: true }), ['/seats is gone']],
  ['a field with another name', published.omit({ seats: true }).extend({ chairs: shape.seats }), ['/seats is gone']],
  ['a new required field', published.extend({ more: text }), ['/more is newly required']],
  ['a field that becomes required', published.required({ seats: true }), ['/seats is newly required']],
  ['another type', published.extend({ kind: z.boolean() }), ['/kind was "string" and is "boolean"']],
  ['one allowed value less', published.extend({ kind: z.enum(['a']) }), ['/kind no longer allows every value']],
  ['allowed values where all were', published.extend({ place: z.strictObject({ town: z.enum(['Berlin']).meta({ maxLength: 100 }), code: shape.place.unwrap().shape.code }).optional() }), ['/place/town no longer allows every value']],
  ['a smaller limit, deep inside', published.extend({ tags: z.array(z.string().max(99)).max(5).optional() }), ['/tags/* maxLength is 99, and was 100']],
  ['a limit where there was none', published.extend({ place: shape.place.unwrap().extend({ code: z.string().max(5).regex(/^\d+$/).optional() }).optional() }), ['/place/code maxLength is 5, and was without one']],
  ['more than before at least', published.extend({ seats: z.int().min(2).max(10).optional() }), ['/seats minimum is 2, and was 1']],
  ['another pattern', published.extend({ place: shape.place.unwrap().extend({ code: z.string().regex(/^[1-9]+$/).optional() }).optional() }), ['/place/code pattern has changed']],
  ['a personal mark that is gone', published.extend({ name: text.min(1) }), ['/name is no longer marked as personal']],
  ['an alternative less', published.extend({ answers: personal(z.record(text, text)).optional() }), ['/answers/* was without one and is "string"', '/answers/* has other alternatives', '/answers/* maxLength is 100, and was without one']],
])('breaks what was published: %s', (_, schema, changes) => {
  expect(changesTo(schema).sort()).toEqual([...changes].sort());
});

it('takes any number for more than a whole one, and not the other way round', () => {
  const [whole, any] = [{ type: 'integer' }, { type: 'number' }];
  expect(breakingChanges(whole, any)).toEqual([]);
  expect(breakingChanges(any, whole)).toEqual([{ pointer: '', change: 'was "number" and is "integer"' }]);
});
