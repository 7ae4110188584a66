import 'reflect-metadata';
import { createEvent, type PosthornEvent } from '@posthorn/contracts';
import { IMPATIENT, type RunningIntegration, startIntegration } from '@posthorn/delivery/test-kit';
import { createHttpApp } from '@posthorn/http';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AppModule } from './app.module.js';
import { SCHEMA, SERVICE } from './config.js';
import { PROVIDERS } from './providers/index.js';
import { clear, type HubSpotRecords, recordsOf, setFault, startSandbox, type TestSandbox, TOKEN } from './sandbox.test-kit.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

let sandbox: TestSandbox;
let service: RunningIntegration;

beforeAll(async () => {
  sandbox = await startSandbox();
  const options = PROVIDERS[0]!.options.parse({ baseUrl: `${sandbox.url}/hubspot`, accessToken: TOKEN });
  const connections = [{ id: 'acme-hubspot', site: 'acme', provider: 'hubspot', options, ...IMPATIENT }];
  service = await startIntegration({
    service: SERVICE,
    schema: SCHEMA,
    create: (surroundings) => createHttpApp(AppModule.forRoot({ ...surroundings, section: { connections } }), { logger: false }),
  });
});
beforeEach(() => clear(sandbox));
afterAll(() => sandbox.stop());

async function settled(state: 'delivered' | 'skipped' | 'dead', ...events: PosthornEvent[]): Promise<HubSpotRecords> {
  await service.settled(state, events);
  return recordsOf(sandbox);
}

const lead = (email: string) =>
  createEvent({ site: 'acme', type: 'lead.submitted', traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`, data: { person: { email, name: 'Jane Roe' }, message: 'Hello' } });

it('brings a lead to HubSpot once, however often NATS delivers it', async () => {
  const event = lead('jane@example.org');
  await service.publish(event);
  await settled('delivered', event);
  const next = lead('joe@example.org');
  await service.publish(event, event, next);
  const { contacts, notes } = await settled('delivered', next);
  expect(contacts.map(({ properties }) => properties['email'])).toEqual(['jane@example.org', 'joe@example.org']);
  expect(notes.map(({ properties }) => properties['posthorn_event_id'])).toEqual([event.id, next.id]);
});

it("carries the event's trace to every call of HubSpot", async () => {
  const event = lead('jane@example.org');
  await service.publish(event);
  const { calls } = await settled('delivered', event);
  expect(calls.length).toBeGreaterThan(0);
  expect(calls.filter(({ traceparent }) => traceparent?.split('-')[1] !== TRACE_ID)).toEqual([]);
});

it('brings each kind of event, and says what became of it', async () => {
  const person = { email: 'jane@example.org', name: 'Jane Roe' };
  const events = [
    createEvent({ site: 'acme', type: 'newsletter.subscribed', data: { person, list: 'news' } }),
    createEvent({ site: 'acme', type: 'newsletter.confirmed', data: { person, list: 'news' } }),
    createEvent({
      site: 'acme', type: 'order.paid',
      data: { orderId: 'A-17', total: { amount: '12.50', currency: 'EUR' }, lines: [{ name: 'Tea', quantity: 1, price: '12.50' }], person },
    }),
    createEvent({ site: 'acme', type: 'form.submitted', data: { form: 'survey', fields: { size: 42 }, person } }),
    createEvent({ site: 'acme', type: 'customer.updated', data: { person: { ...person, email: 'new@example.org' }, previousEmail: person.email } }),
  ];
  await service.publish(...events);
  const { contacts, notes, deals } = await settled('delivered', ...events);
  expect(contacts).toMatchObject([{ properties: { email: 'new@example.org', posthorn_list_news: 'subscribed' } }]);
  expect([notes.length, deals.length]).toEqual([1, 1]);
  const outcomes = await service.outcomesOf(...events);
  expect(new Set(outcomes.map(({ type }) => type))).toEqual(
    new Set(['crm.subscription.updated', 'crm.order.recorded', 'crm.enquiry.recorded', 'crm.contact.synced']),
  );
});

it('does not let a late sign-up undo an unsubscription', async () => {
  const data = { person: { email: 'jane@example.org' }, list: 'news' };
  const late = createEvent({ site: 'acme', type: 'newsletter.confirmed', data });
  const last = createEvent({ site: 'acme', type: 'newsletter.unsubscribed', data });
  await service.publish(last);
  await settled('delivered', last);
  await service.publish(late);
  const { contacts } = await settled('skipped', late);
  expect(contacts).toMatchObject([{ properties: { posthorn_list_news: 'unsubscribed' } }]);
});

it('delivers what was accepted while the version before was current', async () => {
  const consent = { purposes: ['newsletter'], wordingVersion: '7', time: '2026-05-01T10:00:00Z' };
  const event = createEvent({ site: 'acme', type: 'newsletter.confirmed', data: { person: { email: 'old@example.org' }, list: 'news' } });
  const dataschema = 'https://posthorn.dev/schemas/newsletter.confirmed/1';
  await service.publish({ ...event, dataschema, data: { ...event.data, consent } } as unknown as PosthornEvent);
  await settled('delivered', event);
  expect(await service.everything()).not.toContain(dataschema);
});

it('skips a form that names no person, and keeps it on record', async () => {
  const event = createEvent({ site: 'acme', type: 'form.submitted', data: { form: 'poll', fields: { answer: 'B' } } });
  await service.publish(event);
  expect((await settled('skipped', event)).notes).toEqual([]);
});

it('delivers all of them once after HubSpot was away', async () => {
  await setFault(sandbox, { kind: 'down' });
  const events = Array.from({ length: 10 }, (_, index) => lead(`person-${index}@example.org`));
  await service.publish(...events);
  await waitFor(async () => (await service.deliveriesOf(...events)).some(({ state }) => state === 'retrying' || state === 'unknown'), { describe: 'a failed attempt' });
  await sandbox.mend();
  const { contacts, notes } = await settled('delivered', ...events);
  expect([contacts.length, notes.length]).toEqual([10, 10]);
});

it('gives up at once on what HubSpot will never take, and keeps it as a dead letter', async () => {
  const event = createEvent({ site: 'acme', type: 'customer.updated', data: { person: { email: 'jane@example.org', name: 'x'.repeat(200) } } });
  await setFault(sandbox, { kind: 'status', status: 400, calls: 1 });
  await service.publish(event);
  expect((await settled('dead', event)).contacts).toEqual([]);
});

it('leaves no trace of a person whose events are to be forgotten: not here, not in HubSpot', async () => {
  const person = { email: 'nora@example.org', name: 'Nora Quist', phone: '+49 30 1234567' };
  const events = [
    createEvent({ site: 'acme', type: 'lead.submitted', data: { person, message: 'Quist speaking' } }),
    createEvent({ site: 'acme', type: 'newsletter.subscribed', data: { person, list: 'news' } }),
    createEvent({
      site: 'acme', type: 'order.paid',
      data: { orderId: 'A-18', total: { amount: '12.50', currency: 'EUR' }, lines: [{ name: 'Tea', quantity: 1, price: '12.50' }], person },
    }),
    createEvent({ site: 'acme', type: 'customer.updated', data: { person: { ...person, email: 'quist@example.org' }, previousEmail: person.email } }),
  ];
  const others = lead('joe@example.org');
  await service.publish(...events, others);
  await settled('delivered', ...events, others);
  expect(await service.forget(events)).toEqual({ events: 4, deliveries: 4, uncertain: 0 });

  const records = JSON.stringify(await recordsOf(sandbox));
  for (const place of [records, await service.everything()]) {
    for (const trace of ['nora', 'quist', '1234567']) expect(place.toLowerCase()).not.toContain(trace);
  }
  expect(records).toContain('joe@example.org');
  expect((await service.deliveriesOf(...events)).map(({ state, external_id }) => [state, external_id])).toEqual(Array(4).fill(['erased', null]));
});

it('keeps what a person sends after they were forgotten', async () => {
  const [before, after] = [lead('jane@example.org'), lead('jane@example.org')];
  await service.publish(before);
  await settled('delivered', before);
  await setFault(sandbox, { kind: 'status', status: 503, only: { path: 'gdpr-delete' }, calls: 2 });
  const forgotten = service.forget([before]);
  await waitFor(async () => (await recordsOf(sandbox)).calls.some(({ path }) => path.includes('gdpr-delete')), { describe: 'the first try' });
  await service.publish(after);
  await forgotten;
  const { contacts, notes } = await settled('delivered', after);
  expect(contacts.map(({ properties }) => properties['email'])).toEqual(['jane@example.org']);
  expect(notes.map(({ properties }) => properties['posthorn_event_id'])).toEqual([after.id]);
});
