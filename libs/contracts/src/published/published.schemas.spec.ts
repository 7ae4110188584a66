import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { dataschemaOf, EVENT_TYPES, newId, parseEvent, parseSubmitted, takenVersions, type JsonSchema } from '../index.js';
import { publicationOf, revisionsOf } from './published.schemas.js';

const folder = new URL('../../published/', import.meta.url);
const published = new Map(readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as JsonSchema]));

it('nothing that was ever published is broken; if so, the reasons say what to do', () => {
  expect(publicationOf(published).broken).toEqual([]);
});

it('everything is published; if not: npm run publish-schemas -w libs/contracts', () => {
  expect([...publicationOf(published).missing.keys()]).toEqual([]);
});

const examples = EVENT_TYPES.flatMap((type) =>
  takenVersions(type).flatMap(({ version, dataschema }) =>
    revisionsOf(type, version, published).flatMap(({ examples = [] }, index) => (examples as unknown[]).map((data) => ({ type, dataschema, data, name: `${type} ${version}.${index + 1}` }))),
  ),
);

it.each(examples)('what was an example when it was published is still taken, as of today: $name', ({ type, dataschema, data }) => {
  const id = newId();
  const head = { specversion: '1.0', id, source: '/sites/acme', type, time: '2026-03-02T09:14:07Z', datacontenttype: 'application/json', site: 'acme', correlationid: id };
  expect(parseEvent({ ...head, dataschema, data }).dataschema).toBe(dataschemaOf(type));
  expect(parseSubmitted({ ...head, data }).dataschema).toBe(dataschemaOf(type));
});

it('says of a break which field of which version it is, and what to do', () => {
  const name = 'order.paid.1.json';
  const before = structuredClone(published.get(name)!);
  (before['properties'] as JsonSchema)['coupon'] = { type: 'string' };
  const { broken, missing } = publicationOf(new Map([...published, [name, before]]));
  expect(broken).toEqual([expect.stringMatching(/^order\.paid, version 1: \/coupon is gone\..*make it version 2: docs\/how-to\/change-a-schema\.md$/)]);
  expect([...missing.keys()]).toEqual([]);
});

it('publishes an addition beside what is there, never over it', () => {
  const last = revisionsOf('order.paid', 1, published).length;
  const names = [...published.keys()].filter((name) => name.startsWith('order.paid.1.'));
  const before = new Map([...published].filter(([name]) => !names.includes(name)));
  const older = structuredClone(revisionsOf('order.paid', 1, published).at(-1)!);
  Reflect.deleteProperty(older['properties'] as JsonSchema, 'consent');
  expect([...publicationOf(new Map([...before, ['order.paid.1.json', older]])).missing.keys()]).toEqual(['order.paid.1.2.json']);
  expect([...publicationOf(before).missing.keys()]).toEqual(['order.paid.1.json']);
  expect(last).toBeGreaterThan(0);
});
