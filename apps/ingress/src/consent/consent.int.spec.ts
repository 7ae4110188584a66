import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConsentSettings } from './consent.settings.js';
import { lead, OTHER_KEY, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';

let ingress: TestIngress;
let database: Client;
beforeAll(async () => {
  const [own, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(own.adminUrl, nats.servers);
  const consent: ConsentSettings = { 'lead.submitted': { purposes: ['contact'], missing: 'refuse' }, 'form.submitted': { purposes: ['contact'], missing: 'hold' } };
  ingress = await startIngress({ databaseUrl: own.urlFor('ingress'), servers: nats.servers, consent });
  await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  database = new Client({ connectionString: own.adminUrl, options: '-c search_path=ingress' });
  await database.connect();
});
afterAll(async () => {
  await ingress.stop();
  await database.end();
});

const stateOf = async (answer: Response): Promise<unknown[]> => {
  const { id } = (await answer.json()) as { id: string };
  const ledger = await database.query("SELECT 'accepted' AS state FROM ledger WHERE id = $1 UNION ALL SELECT state FROM quarantine WHERE event_id = $1 OR id = $1", [id]);
  return ledger.rows.map(({ state }: { state: unknown }) => state);
};

it('an event that needs a consent is refused without it, and accepted with it', async () => {
  const refused = await ingress.submit(lead());
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({ code: 'consent-missing', errors: [{ pointer: '/data/consent', rule: 'required' }] });
  const consent = { purposes: ['contact'], wordingVersion: '3', time: '2026-05-01T10:00:00Z', way: 'form' };
  const accepted = await ingress.submit({ ...lead(), data: { ...lead().data, consent } });
  expect([accepted.status, await stateOf(accepted)]).toEqual([202, ['accepted']]);
});

it('where the site wants that, it is held for a person to decide, and the sender sees the same answer', async () => {
  const held = await ingress.submit({ type: 'form.submitted', data: { form: 'survey', fields: { a: 'b' }, person: { email: 'jane@example.com' } } });
  expect([held.status, await stateOf(held)]).toEqual([202, ['held']]);
});

it('another site asks for nothing', async () => {
  expect((await ingress.submit(lead(), { authorization: `Bearer ${OTHER_KEY}` })).status).toBe(202);
});
