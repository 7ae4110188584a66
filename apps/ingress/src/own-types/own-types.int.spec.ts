import { createEvent, EXAMPLES, type PosthornEvent } from '@posthorn/contracts';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OTHER_KEY, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { OwnTypesRule } from './own-types.rule.js';

const SCORE = { type: 'object', properties: { score: { type: 'integer', maximum: 5 } }, required: ['score'], additionalProperties: false };
const COMMENT = { type: 'object', properties: { comment: { type: 'string', maxLength: 500 } }, additionalProperties: false };
const rated = { type: 'custom.workshop_rated', data: { person: { email: 'rita@example.com' }, fields: { comment: 'Loved it' }, facts: { score: 5 } } };

let ingress: TestIngress;
let database: Client;
beforeAll(async () => {
  const [own, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(own.adminUrl, nats.servers);
  ingress = await startIngress({
    databaseUrl: own.urlFor('ingress'),
    servers: nats.servers,
    types: { workshop_rated: { person: 'required', fields: JSON.stringify(COMMENT), facts: SCORE } },
    fields: { 'order.paid': COMMENT },
  });
  await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  database = new Client({ connectionString: own.adminUrl, options: '-c search_path=ingress' });
  await database.connect();
});
afterAll(async () => {
  await ingress.stop();
  await database.end();
});

async function inTheLedger(id: string): Promise<PosthornEvent> {
  const { rows } = await database.query<{ envelope: string }>('SELECT envelope FROM ledger WHERE id = $1', [id]);
  return JSON.parse(rows[0]!.envelope) as PosthornEvent;
}
const idOf = async (answer: Response): Promise<string> => ((await answer.json()) as { id: string }).id;
const problemOf = async (answer: Response): Promise<string[]> => ((await answer.json()) as { errors: { pointer: string; rule: string }[] }).errors.map(({ pointer, rule }) => `${pointer} ${rule}`).sort();

it("takes an event of a site's own type, and forgets its person with all that is not a plain fact", async () => {
  const answer = await ingress.submit(rated);
  expect(answer.status).toBe(202);
  const id = await idOf(answer);
  expect(await inTheLedger(id)).toMatchObject({ ...rated, dataschema: 'https://posthorn.dev/schemas/custom.workshop_rated/1' });
  const erased = await ingress.erase({ email: 'rita@example.com' });
  expect(erased.status).toBeLessThan(300);
  expect(await inTheLedger(id)).toMatchObject({ erased: true, data: { person: {}, facts: { score: 5 } } });
  expect(JSON.stringify(await inTheLedger(id))).not.toMatch(/rita|Loved/);
});

it('refuses one that is not as the site says, with every reason', async () => {
  const answer = await ingress.submit({ ...rated, data: { fields: { comment: 7, more: 1 }, facts: {} } });
  expect([answer.status, await problemOf(answer)]).toEqual([422, ['/data/facts/score required', '/data/fields/comment type', '/data/fields/more unknown_field', '/data/person required']]);
});

it('knows the types of each site, and of no other', async () => {
  const [foreign, unknown] = [await ingress.submit(rated, { authorization: `Bearer ${OTHER_KEY}` }), await ingress.submit({ ...rated, type: 'custom.unknown' })];
  expect([foreign.status, await problemOf(foreign)]).toEqual([422, ['/type unknown_type']]);
  expect([unknown.status, await problemOf(unknown)]).toEqual([422, ['/type unknown_type']]);
});

it('takes fields that the site has added to a type of ours, and none that it has not', async () => {
  const order = { type: 'order.paid', data: { ...EXAMPLES['order.paid'], extra: { comment: 'Ring twice' } } };
  expect((await inTheLedger(await idOf(await ingress.submit(order)))).data).toEqual(order.data);
  const wrong = await ingress.submit({ ...order, data: { ...order.data, extra: { comment: 'x'.repeat(501) } } });
  expect([wrong.status, await problemOf(wrong)]).toEqual([422, ['/data/extra/comment maxLength']]);
  const undescribed = await ingress.submit({ type: 'customer.updated', data: { ...EXAMPLES['customer.updated'], extra: { comment: 'no' } } });
  expect([undescribed.status, await problemOf(undescribed)]).toEqual([422, ['/data/extra unknown_field']]);
});

it('takes no more than 64 KiB of it', () => {
  const rule = new OwnTypesRule(new Map([['acme', { types: new Map(), fields: { 'order.paid': () => [] } }]]));
  const extra = Object.fromEntries(Array.from({ length: 4 }, (_, n) => [`f${n}`, 'x'.repeat(19_000)]));
  const event = createEvent({ site: 'acme', type: 'order.paid', data: { ...EXAMPLES['order.paid'], extra } });
  expect(rule.judge(event)?.reasons).toMatchObject([{ pointer: '/data', rule: 'too_big' }]);
});
