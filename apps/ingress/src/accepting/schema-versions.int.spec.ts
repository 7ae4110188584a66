import { type PosthornEvent } from '@posthorn/contracts';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';

const schema = (version: number): string => `https://posthorn.dev/schemas/newsletter.subscribed/${version}`;
const consent = { purposes: ['newsletter'], wordingVersion: '7', time: '2026-05-01T10:00:00Z' };
const data = { person: { email: 'jane@example.com' }, list: 'weekly', consent };
const old = { type: 'newsletter.subscribed', data };

let ingress: TestIngress;
let ledger: Client;
beforeAll(async () => {
  const [database, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(database.adminUrl, nats.servers);
  ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers });
  await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
  await ledger.connect();
});
afterAll(async () => {
  await ingress.stop();
  await ledger.end();
});

async function inTheLedger(answer: Response): Promise<PosthornEvent> {
  const { id } = (await answer.json()) as { id: string };
  const { rows } = await ledger.query<{ envelope: string }>('SELECT envelope FROM ledger WHERE id = $1', [id]);
  return JSON.parse(rows[0]!.envelope) as PosthornEvent;
}

it.each([
  ['as it was written before there was another version', old, 'application/json'],
  ['that says its version', { ...old, dataschema: schema(1) }, 'application/cloudevents+json'],
  ['in a CloudEvent that does not say it', old, 'application/cloudevents+json'],
])('takes an event %s, and the ledger has it as of the current one', async (what, body, contentType) => {
  const head = contentType === 'application/json' ? {} : { specversion: '1.0', id: what, source: 'https://acme.example/news' };
  const answer = await ingress.submit({ ...head, ...body }, { 'content-type': contentType });
  expect(answer.status).toBe(202);
  expect(await inTheLedger(answer)).toMatchObject({ dataschema: schema(2), data: { ...data, consent: { ...consent, way: 'unstated' } } });
});

it('takes the current version stated or not, as it is', async () => {
  const current = { ...old, data: { ...data, consent: { ...consent, way: 'phone' } } };
  const cloudEvent = { specversion: '1.0', id: 'current', source: 'https://acme.example/news', dataschema: schema(2), ...current };
  const answers = [await ingress.submit(current), await ingress.submit(cloudEvent, { 'content-type': 'application/cloudevents+json' })];
  for (const answer of answers) expect(await inTheLedger(answer)).toMatchObject({ dataschema: schema(2), data: current.data });
});

it('refuses what its version does not allow, and a version nobody takes', async () => {
  const submit = (version: number): Promise<Response> =>
    ingress.submit({ specversion: '1.0', id: `refused-${version}`, source: 'https://acme.example/news', ...old, dataschema: schema(version) }, { 'content-type': 'application/cloudevents+json' });
  const [current, unknown] = [await submit(2), await submit(9)];
  expect([current.status, unknown.status]).toEqual([422, 422]);
  expect(await current.json()).toMatchObject({ errors: [{ pointer: '/data/consent/way', rule: 'required' }] });
  expect(JSON.stringify(await unknown.json())).toContain('/data/consent/way');
});
