import { expect, it } from 'vitest';
import { addressesIn, eraseEvent, isCustomType, MASK, maskPersonal, newId, parseEvent, splitPersonal } from '../index.js';

const type = 'custom.workshop_rated';
const data = { person: { email: 'jane@example.com' }, fields: { comment: 'Good', nested: { list: [1, null, 'a'] } }, facts: { score: 5 } };
const id = newId();
const event = { specversion: '1.0', id, source: '/sites/acme', type, time: '2026-03-02T09:14:07Z', datacontenttype: 'application/json', dataschema: `https://posthorn.dev/schemas/${type}/1`, site: 'acme', correlationid: id, data };

it("an event of a site's own type is read by everybody, whatever the site calls it", () => {
  expect(parseEvent(event)).toEqual(event);
  expect(['custom.a', 'custom.a.b-c'].map(isCustomType)).toEqual([true, true]);
  expect(['custom', 'custom.', 'custom.A', 'customer.updated', 'custom.a.*'].map(isCustomType)).toEqual([false, false, false, false, false]);
});

it('says what is personal without knowing the site: the person and all fields, and no fact', () => {
  expect(splitPersonal(type, data)).toEqual({ clear: { person: {}, facts: { score: 5 } }, personal: { '/person/email': 'jane@example.com', '/fields': data.fields } });
  expect(maskPersonal(type, data)).toEqual({ person: { email: MASK }, fields: MASK, facts: { score: 5 } });
  expect(addressesIn({ type, data })).toEqual(['jane@example.com']);
  expect(addressesIn({ type, data: { fields: { mail: 'joe@example.com' } } })).toEqual(['joe@example.com']);
  expect(eraseEvent(parseEvent(event)).data).toEqual({ person: {}, facts: { score: 5 } });
});

it.each<[string, unknown]>([
  ['NUL', { a: 'x\u0000' }],
  ['a lone surrogate', { a: ['\ud800'] }],
  ['a control character in a name', { a: { 'b\u0007': 1 } }],
  ['a name that is none', JSON.parse('{"a":{"__proto__":1}}')],
  ['more levels than anybody needs', { a: JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`) as unknown }],
  ['more fields than anybody needs', Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`f${n}`, n]))],
  ['a text that is too long', { a: 'x'.repeat(20_001) }],
])('what cannot be kept is refused wherever a site describes fields: %s', (_, fields) => {
  for (const place of ['fields', 'facts']) expect(() => parseEvent({ ...event, data: { [place]: fields } })).toThrow(`/data/${place}`);
});
