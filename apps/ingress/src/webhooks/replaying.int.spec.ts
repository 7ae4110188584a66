import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { SCHEMES, signDelivery } from '@posthorn/webhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OPERATOR_KEY, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';

const SECRET = 'a shop secret of the tests';
const source = (rules: object[]) => ({ crm: { preset: 'woocommerce', secrets: [SECRET], rules } });
const RULES = [
  { topic: 'deal.won', type: 'lead.submitted', data: { '/person/email': '/mail' } },
  { topic: 'deal.won', type: 'customer.updated', data: { '/person/email': '/mail' } },
];

let before: TestIngress;
let after: TestIngress;
beforeAll(async () => {
  const [{ adminUrl, urlFor }, { servers }] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(adminUrl, servers);
  const where = { databaseUrl: urlFor('ingress'), servers };
  [before, after] = await Promise.all([startIngress({ ...where, webhooks: source([]) }), startIngress({ ...where, webhooks: source(RULES) })]);
  for (const each of [before, after]) await waitFor(async () => (await each.get('/ready')).ok, { describe: 'ingress to be ready' });
});
afterAll(() => Promise.all([before.stop(), after.stop()]));

const deliver = async ({ url }: TestIngress) => {
  const body = Buffer.from(JSON.stringify({ mail: 'ada@example.com' }));
  const headers = { ...signDelivery(SCHEMES.woocommerce, SECRET, body, { id: 'delivery-1' }), 'x-wc-webhook-topic': 'deal.won', 'content-type': 'application/json' };
  return (await (await fetch(`${url}/v1/webhooks/acme.crm`, { method: 'POST', body, headers })).json()) as { result: string; events: string[] };
};
const replay = async ({ url }: TestIngress) =>
  (await (await fetch(`${url}/v1/quarantine/replay`, {
    method: 'POST', headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' }, body: JSON.stringify({ state: 'unmapped' }),
  })).json()) as { done: { eventId: string }[]; stayed: { code: string }[] };

it('a topic that nobody had mapped is let in once it is, as all that it says, and as nothing more when it is delivered again', async () => {
  expect(await deliver(before)).toMatchObject({ result: 'set-aside', events: [] });
  expect(await replay(before)).toMatchObject({ done: [], stayed: [{ code: 'webhook-unmapped' }] });
  const { done, stayed } = await replay(after);
  expect([new Set(done.map(({ eventId }) => eventId)).size, stayed]).toEqual([2, []]);
  expect(await deliver(after)).toEqual({ result: 'repeated', events: done.map(({ eventId }) => eventId) });
  expect((await replay(after)).done).toEqual([]);
});
