import { useDatabase, useNats } from '@posthorn/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lead, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';

let ingress: TestIngress;
beforeAll(async () => {
  const [database, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(database.adminUrl, nats.servers);
  ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers });
});
afterAll(() => ingress.stop());

/** In one statement they would be 50 MB; the ledger's own test shows how they are divided. */
it('of a burst of the largest bodies most are accepted, and the others are told when to come again', async () => {
  const fields = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`field-${n}`, 'x'.repeat(19_000)]));
  const body = JSON.stringify({ type: 'form.submitted', data: { form: 'large', fields, person: lead().data.person } });
  expect(body.length).toBeGreaterThan(240_000);
  const answers = await Promise.all(Array.from({ length: 200 }, () => ingress.submit(body)));
  const accepted = answers.filter(({ status }) => status === 202);
  const putOff = answers.filter(({ status, headers }) => status === 503 && headers.has('retry-after'));
  expect(accepted.length + putOff.length).toBe(200);
  expect(accepted.length).toBeGreaterThan(100);
}, 120_000);
