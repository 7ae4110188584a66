import { describe, expect, it } from 'vitest';
import { convert } from './conversions.js';
import { mapDelivery } from './delivery.mapper.js';
import { mappingRule, type WrittenRule } from './mapping.schema.js';

const rule = (over: Partial<WrittenRule>): WrittenRule => ({ type: 'lead.submitted', data: {}, ...over });
const dataOf = (data: WrittenRule['data'], payload: unknown) => {
  const mapping = mapDelivery([mappingRule.parse(rule({ data }))], '', payload);
  return mapping.known ? mapping.events[0]! : undefined;
};

describe('convert', () => {
  it.each<[unknown, Parameters<typeof convert>[1], unknown, unknown]>([
    [4711, 'text', undefined, '4711'],
    ['3', 'number', undefined, 3],
    ['59.80', 'decimal', undefined, '59.80'],
    [14.95, 'decimal', undefined, '14.95'],
    [29.9, 'decimal', undefined, '29.90'],
    [0.1 + 0.2, 'decimal', undefined, '0.30'],
    [16.805042016806721, 'decimal', undefined, '16.805'],
    [5980, 'minor-units', 'eur', '59.80'],
    [5, 'minor-units', 'EUR', '0.05'],
    [1500, 'minor-units', 'jpy', '1500'],
    [1234, 'minor-units', 'KWD', '1.234'],
    [1795425181, 'unix-time', undefined, '2026-11-23T09:13:01.000Z'],
    ['2026-11-23T09:13:01', 'utc', undefined, '2026-11-23T09:13:01.000Z'],
    ['de_AT', 'locale', undefined, 'de-AT'],
    ['auto', 'locale', undefined, undefined],
    ['eur', 'upper', undefined, 'EUR'],
  ])('makes of %j as %s with %j: %j', (value, as, currency, expected) => {
    expect(convert(value, as, currency)).toBe(expected);
  });
});

describe('mapDelivery', () => {
  it('puts values where the rule says, of lists too, and leaves out what is empty', () => {
    const payload = { person: { first: 'Ada', last: null, mail: ' ada@example.com ' }, rows: [{ n: 1, s: '' }, { n: '2', s: 'x' }], nothing: '' };
    const data = { '/person/email': '/person/mail', '/person/name': { join: ['/person/first', '/person/last'] }, '/lines': { each: '/rows', data: { '/count': { from: '/n', as: 'number' as const }, '/sku': '/s' } }, '/gone': '/nothing', '/fixed/0/it': { value: true }, '/else': { from: ['/absent', '/rows/1/s'] } };
    expect(dataOf(data, payload)).toMatchObject({ issues: [], data: { person: { email: 'ada@example.com', name: 'Ada' }, lines: [{ count: 1 }, { count: 2, sku: 'x' }], fixed: [{ it: true }], else: 'x' } });
    expect(Object.keys(dataOf(data, payload)!.data)).not.toContain('gone');
  });

  it('says which value could not be converted, and never what it is', () => {
    const result = dataOf({ '/lines': { each: '/rows', data: { '/price': { from: '/p', as: 'decimal' } } } }, { rows: [{ p: 'secret words' }] })!;
    expect(result.issues).toEqual([{ pointer: '/data/lines/0/price', rule: 'conversion', message: 'must be a number, to be taken as decimal' }]);
  });

  it('follows only what the payload itself has', () => {
    const payload: unknown = JSON.parse('{"a":{"__proto__":{"x":"polluted"}},"text":"ab"}');
    expect(dataOf({ '/x': '/a/x', '/y': '/a/toString', '/z': '/text/length' }, payload)!.data).toEqual({});
    expect(Object.getPrototypeOf({})).not.toHaveProperty('x');
  });

  it('tells a topic nobody knows from one whose conditions are not met', () => {
    const rules = [mappingRule.parse(rule({ topic: ['a', 'b'], when: { '/status': { is: ['paid', 1] }, '/id': 'present', '/old': 'absent' } }))];
    expect(mapDelivery(rules, 'c', {})).toEqual({ known: false });
    for (const payload of [{ status: 'paid' }, { status: '1', id: 1 }, { status: 'paid', id: 1, old: 'x' }, [], 'text', null]) expect(mapDelivery(rules, 'a', payload)).toEqual({ known: true, events: [] });
    expect(mapDelivery(rules, 'b', { status: 1, id: 'x', old: '' })).toMatchObject({ known: true, events: [{}] });
  });

  it('makes several events of one delivery where several rules fit', () => {
    const rules = [rule({ type: 'lead.submitted' }), rule({ type: 'customer.updated' })].map((each) => mappingRule.parse(each));
    expect(mapDelivery(rules, 'any', {})).toMatchObject({ events: [{ rule: { type: 'lead.submitted' } }, { rule: { type: 'customer.updated' } }] });
  });
});

describe('mappingRule', () => {
  it.each<[string, object]>([
    ['a type that there is not', { type: 'order.payed', data: {} }],
    ['a type that Posthorn says itself', { type: 'privacy.erasure_requested', data: {} }],
    ['a pointer without its slash', { type: 'order.paid', data: { orderId: '/id' } }],
    ['a pointer through a prototype', { type: 'order.paid', data: { '/a/__proto__/b': '/id' } }],
    ['a conversion that there is not', { type: 'order.paid', data: { '/orderId': { from: '/id', as: 'eval' } } }],
    ['a word that means nothing', { type: 'order.paid', data: {}, unless: {} }],
  ])('refuses %s', (_, written) => {
    expect(mappingRule.safeParse(written).success).toBe(false);
  });
});
