import { describe, expect, it } from 'vitest';
import { judgeOf } from './field.judge.js';

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, additionalProperties: false, ...more });

describe('a schema of a site', () => {
  const judge = judgeOf(object({ score: { type: 'integer', minimum: 1, maximum: 5 }, code: { type: 'string', pattern: '^(a+)+$' }, on: { type: 'string', format: 'date' }, other: { type: 'string', pattern: '^b' } }, { required: ['score'] }));

  it('says all that is wrong, by pointers, and no value', () => {
    expect(judge({ score: 3, code: 'aaa', on: '2026-03-01', other: 'b' })).toEqual([]);
    const issues = judge({ score: 'secret', code: 'secret', on: 'secret', 'a/b': 1 });
    expect(issues.map(({ pointer, rule }) => `${pointer} ${rule}`).sort()).toEqual(['/a~1b unknown_field', '/code pattern', '/on format', '/score type']);
    expect(JSON.stringify(issues)).not.toContain('secret');
    expect(judge({})).toEqual([{ pointer: '/score', rule: 'required', message: 'is required' }]);
  });

  it('takes no longer for a text that would keep a backtracking pattern busy for years', () => {
    const begun = performance.now();
    expect(judge({ score: 3, code: `${'a'.repeat(20_000)}!` })).toMatchObject([{ rule: 'pattern' }]);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});

it.each<[string, unknown, string]>([
  ['is no object', { type: 'string' }, 'type: object'],
  ['is nothing', null, 'type: object'],
  ['is too large', object({ a: { description: 'x'.repeat(70_000) } }), '65536 bytes'],
  ['reads from elsewhere', object({ a: { $ref: 'https://example.com/schema' } }), '$ref'],
  ['leads back to itself', object({ a: { $ref: '#/$defs/a' } }, { $defs: { a: object({ a: { $ref: '#/$defs/a' } }) } }), 'leads back to itself'],
  ['unfolds without end', object({ a: { $ref: '#/$defs/a' } }, { $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }] } } }), '1000 parts'],
  ['refers to nothing', object({ a: { $ref: '#/$defs/gone' } }), 'no JSON Schema'],
  ['has endless lists', object({ a: { type: 'array', items: { type: 'string' } } }), 'maxItems'],
  ['compares each with each of very many', object({ a: { type: 'array', uniqueItems: true, maxItems: 100_000 } }), 'maxItems'],
  ['asks for what may take long', object({ a: { type: 'object', patternProperties: { '^a': true } } }), 'patternProperties'],
  ['has a pattern that looks ahead', object({ a: { type: 'string', pattern: '(?=a)a' } }), 'Perl'],
  ['misspells a keyword', object({ a: { type: 'string', maxLenght: 3 } }), 'maxLenght'],
  ['names an unknown format', object({ a: { type: 'string', format: 'colour' } }), 'format'],
])('refuses a schema that %s, when the service starts', (_, schema, reason) => {
  expect(() => judgeOf(schema)).toThrow(reason);
});
