import { runExamples, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOWN_ID } from './accepting/events.openapi.js';
import { ACME_KEY, ERASE_KEY, lead, OPERATOR_KEY, provisionIngress, startIngress, type TestIngress } from './ingress.test-kit.js';

const callback = { type: 'lead.submitted' as const, origins: ['https://acme.example'], fields: { email: '/person/email', message: '/message' } };
const shop = { preset: 'woocommerce', secrets: ['the secret of the shop'] };
/** By who may: operators where an operation says so, and a key that erases where that is done. */
const keyOf = (operation: { operationId: string; 'x-scope'?: string }): string => {
  if (operation['x-scope'] === 'keys:manage' || operation['x-scope'] === 'quarantine:decide') return OPERATOR_KEY;
  return operation.operationId.includes('erasures') ? ERASE_KEY : ACME_KEY;
};

let ingress: TestIngress;
let refused: string;
let accepted: string;

beforeAll(async () => {
  const [database, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(database.adminUrl, nats.servers);
  ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers, forms: { callback }, webhooks: { shop } });
  await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  accepted = ((await (await ingress.submit(lead())).json()) as { id: string }).id;
  refused = ((await (await ingress.submit(lead('nobody'))).json()) as { quarantineId: string }).quarantineId;
});
afterAll(() => ingress.stop());

describe('/openapi.json of ingress', () => {
  it('has examples of every operation, which are answered as it says', async () => {
    expect(await runExamples({ url: ingress.url, keyFor: keyOf, values: ({ operationId }) => ({ [SHOWN_ID]: operationId.includes('quarantine') ? refused : accepted }) })).toEqual([]);
  });

  it('describes the submissions of every type by the schemas of the contract', async () => {
    const { components } = (await (await ingress.get('/openapi.json')).json()) as { components: { schemas: Record<string, { title?: string }> } };
    expect(components.schemas['lead.submitted']).toMatchObject({ title: 'lead.submitted', properties: { person: { type: 'object' } } });
  });
});
