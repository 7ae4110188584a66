import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { appointmentUid, createEvent, eventSubject, type EventData, type PosthornEvent } from '@posthorn/contracts';
import { connectIntegration, provisionIntegration } from '@posthorn/delivery';
import { createHttpApp, shutDown } from '@posthorn/http';
import { JetStreamPublisher } from '@posthorn/messaging';
import { Database } from '@posthorn/persistence';
import { type FaultProxy, useDatabase, useNats, waitFor } from '@posthorn/testing';
import ICAL from 'ical.js';
import { type ParsedMail, simpleParser } from 'mailparser';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AppModule } from './app.module.js';
import { emailSection, SERVICE } from './config.js';
import { SETTINGS } from './mail/mail.test-kit.js';
import { MIGRATIONS } from './migrations/index.js';
import { proxyTo, reply, startMailServer, type TestMailServer } from './providers/smtp/mail-server.test-kit.js';

let app: NestFastifyApplication;
let server: TestMailServer;
let proxy: FaultProxy;
/** Called for every message that arrived whole, before the reply to it; answers with an error to send instead. */
let onMessage: (to: string) => Error | undefined;

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

beforeAll(async () => {
  const [database, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIntegration({ service: SERVICE, schema: SERVICE, migrations: MIGRATIONS, adminDatabase: { url: database.adminUrl }, nats: { servers: nats.servers } });
  const cleanup = (close: () => Promise<void>): number => closing.push(close);
  server = await startMailServer({}, cleanup);
  const port = await scripted(cleanup);
  const connection = { provider: 'smtp', host: '127.0.0.1', port, security: 'none', guard: { openMs: 50, maxOpenMs: 200 }, retry: { firstDelayMs: 20, maxDelayMs: 100 } };
  const sites = Object.fromEntries(Object.entries(SETTINGS.sites).map(([id, site]) => [id, { ...site, owner: site.owner.address, from: site.from.address }]));
  app = await createHttpApp(
    AppModule.forRoot({
      service: SERVICE,
      http: { host: '127.0.0.1', port: 0 },
      database: { url: database.urlFor(SERVICE) },
      nats: { servers: nats.servers },
      logLevel: 'silent',
      section: emailSection.parse({
        publicUrl: SETTINGS.publicUrl,
        linkSecret: SETTINGS.linkSecret,
        sites,
        connections: [
          { ...connection, id: 'acme-mail', site: 'acme' },
          { ...connection, id: 'gruen-mail', site: 'gruen', unknownOutcome: 'at-most-once' },
        ],
      }),
    }),
    { logger: false },
  );
  closing.push(() => shutDown(app));
  connectIntegration(app, SERVICE);
  await app.listen({ host: '127.0.0.1', port: 0 });
  await app.startAllMicroservices();
  await waitFor(() => app.get(JetStreamPublisher).connected, { describe: 'NATS' });
});

/** A mail server behind a proxy that can be cut, whose answer to each message a test decides. */
async function scripted(cleanup: (close: () => Promise<void>) => void): Promise<number> {
  const { received } = server;
  const front = await startMailServer(
    {
      onData(stream, session, callback) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          received.push({ raw: Buffer.concat(chunks).toString('utf8'), from: '', to, encrypted: false, user: undefined });
          callback(onMessage(to[0] ?? ''));
        });
      },
    },
    cleanup,
  );
  proxy = await proxyTo(front, cleanup);
  return proxy.port;
}

beforeEach(() => {
  server.received.length = 0;
  onMessage = () => undefined;
});

let messages = 0;

/** Under a message id of its own each time, so that NATS takes it for a new message: only the inbox can tell. */
async function publish(...events: PosthornEvent[]): Promise<void> {
  const results = await app
    .get(JetStreamPublisher)
    .publish(events.map((event) => ({ subject: eventSubject(event.site, event.type), id: `message-${(messages += 1)}`, body: JSON.stringify(event) })));
  expect(results.every(({ ok }) => ok)).toBe(true);
}

interface DeliveryRow {
  event_id: string;
  action: string;
  state: string;
  attempts: number;
  external_id: string | null;
}

const rowsOf = (...events: PosthornEvent[]): Promise<DeliveryRow[]> =>
  app.get(Database).query<DeliveryRow>('SELECT event_id, action, state, attempts, external_id FROM deliveries WHERE event_id = ANY($1) ORDER BY event_id, action', [
    events.map(({ id }) => id),
  ]);

async function settled(state: string, count: number, ...events: PosthornEvent[]): Promise<DeliveryRow[]> {
  await waitFor(async () => {
    const rows = await rowsOf(...events);
    return rows.length === count && rows.every((row) => row.state === state);
  }, { describe: `${count} deliveries ${state}`, timeoutMs: 20_000 });
  return rowsOf(...events);
}

const inbox = (): Promise<ParsedMail[]> => Promise.all(server.received.map(({ raw }) => simpleParser(raw)));

const person = { email: 'jane@example.com', name: 'Jane Roe' };
const lead = (site = 'acme') => createEvent({ site, type: 'lead.submitted', data: { person, message: 'Hello' } });

const booking: EventData<'appointment.booked'> = {
  appointmentId: 'A-1', start: '2026-03-25T09:00:00Z', end: '2026-03-25T10:00:00Z', timeZone: 'Europe/Berlin', title: 'Consultation', person,
};
const appointment = (appointmentId: string): PosthornEvent[] => [
  createEvent({ site: 'acme', type: 'appointment.booked', data: { ...booking, appointmentId } }),
  createEvent({ site: 'acme', type: 'appointment.rescheduled', data: { ...booking, appointmentId, start: '2026-03-30T08:00:00Z', end: '2026-03-30T09:00:00Z' } }),
  createEvent({ site: 'acme', type: 'appointment.rescheduled', data: { ...booking, appointmentId, start: '2026-03-31T08:00:00Z', end: '2026-03-31T09:00:00Z' } }),
  createEvent({ site: 'acme', type: 'appointment.cancelled', data: { ...booking, appointmentId } }),
];

/** The calendar objects of the mails, as another parser reads them. */
async function invitations(): Promise<{ method: string; event: ICAL.Event; messageId: string | undefined }[]> {
  return (await inbox()).map(({ attachments, messageId }) => {
    const calendar = ICAL.Component.fromString(attachments[0]!.content.toString());
    return { method: String(calendar.getFirstPropertyValue('method')), event: new ICAL.Event(calendar.getFirstSubcomponent('vevent')!), messageId };
  });
}

it('mails the person and the owner about a lead once, however often NATS delivers it', async () => {
  const event = lead();
  await publish(event);
  await settled('delivered', 2, event);
  const next = lead();
  await publish(event, event, next);
  await settled('delivered', 2, next);
  expect(server.received.map(({ to }) => to[0]).sort()).toEqual(['jane@example.com', 'jane@example.com', 'owner@acme.example', 'owner@acme.example']);
  const ids = (await inbox()).map(({ messageId }) => messageId);
  expect(new Set(ids).size).toBe(4);
  const rows = await rowsOf(event);
  expect(rows.map(({ external_id }) => `<${external_id ?? ''}>`).every((id) => ids.includes(id))).toBe(true);
});

it('mails about every kind of event, and says so without naming the person', async () => {
  const events = [
    createEvent({ site: 'gruen', type: 'newsletter.subscribed', data: { person, list: 'Gartenbrief' } }),
    createEvent({ site: 'gruen', type: 'newsletter.confirmed', data: { person, list: 'Gartenbrief' } }),
    createEvent({ site: 'gruen', type: 'appointment.booked', data: booking }),
    createEvent({
      site: 'gruen', type: 'order.paid',
      data: { orderId: 'B-7', total: { amount: '25.00', currency: 'EUR' }, lines: [{ name: 'Tee', quantity: 2, price: '12.50' }], person },
    }),
    createEvent({ site: 'gruen', type: 'form.submitted', data: { form: 'umfrage', fields: { groesse: 42 }, person } }),
    createEvent({ site: 'gruen', type: 'newsletter.unsubscribed', data: { person, list: 'Gartenbrief' } }),
  ];
  await publish(...events);
  await settled('delivered', 5, ...events);
  expect((await inbox()).map(({ subject }) => subject).sort()).toEqual([
    'Bitte bestätigen: Gartenbrief',
    'Formular „umfrage“ von Jane Roe',
    'Ihr Beleg zur Bestellung B-7',
    'Ihr Termin am Mittwoch, 25. März 2026',
    'Willkommen bei Gartenbrief',
  ]);
  await waitFor(async () => (await outcomesOf(events)).length === 5, { describe: 'an outcome for each mail' });
  for (const { type, envelope } of await outcomesOf(events)) {
    expect(type).toBe('email.message.sent');
    expect(JSON.stringify(envelope)).not.toMatch(/jane|roe/i);
  }
});

const outcomesOf = (events: PosthornEvent[]) =>
  app.get(Database).query<{ type: string; envelope: unknown }>(`SELECT type, envelope FROM ledger WHERE envelope::jsonb #>> '{data,event,id}' = ANY($1)`, [
    events.map(({ id }) => id),
  ]);

it('keeps one calendar entry through booking, moves and cancellation within one second, its SEQUENCE rising', async () => {
  const events = appointment('A-quick');
  await publish(...events);
  await settled('delivered', 4, ...events);
  const seen = await invitations();
  expect(seen.map(({ method }) => method)).toEqual(['REQUEST', 'REQUEST', 'REQUEST', 'CANCEL']);
  expect(new Set(seen.map(({ event }) => event.uid))).toEqual(new Set([appointmentUid('acme', 'A-quick')]));
  const sequences = seen.map(({ event }) => event.sequence);
  expect(sequences.every((sequence, index) => index === 0 || sequence > sequences[index - 1]!)).toBe(true);
  expect((await inbox())[2]!.text).toContain('Before: Monday, March 30, 2026');
});

it('sends the same SEQUENCE and Message-ID at every attempt, and lets no later change overtake', async () => {
  let refusals = 2;
  onMessage = () => (refusals-- > 0 ? reply(451, 'greylisted') : undefined);
  const events = appointment('A-slow').slice(0, 2);
  await publish(...events);
  await settled('delivered', 2, ...events);
  const [first, second, third, moved] = await invitations();
  expect([second, third].map((each) => [each!.messageId, each!.event.sequence])).toEqual([2, 3].map(() => [first!.messageId, first!.event.sequence]));
  expect(moved!.event.sequence).toBeGreaterThan(first!.event.sequence);
});

it('sends again under the same Message-ID when nobody knows what became of a mail (at least once)', async () => {
  let cuts = 1;
  onMessage = (to) => {
    if (to === 'jane@example.com' && cuts-- > 0) {
      proxy.cut();
      proxy.restore();
    }
    return undefined;
  };
  const event = lead();
  await publish(event);
  await settled('delivered', 2, event);
  const toJane = (await inbox()).filter(({ to }) => JSON.stringify(to).includes('jane'));
  expect(toJane.length).toBe(2);
  expect(new Set(toJane.map(({ messageId }) => messageId)).size).toBe(1);
});

it.each([
  ['where the connection says at most once', () => createEvent({ site: 'gruen', type: 'newsletter.confirmed', data: { person, list: 'Gartenbrief' } })],
  ['for a double opt-in on any connection', () => createEvent({ site: 'acme', type: 'newsletter.subscribed', data: { person, list: 'Garden letter' } })],
])('holds a mail of unknown fate for an operator %s', async (_where, make) => {
  onMessage = () => {
    proxy.cut();
    proxy.restore();
    return undefined;
  };
  const event = make();
  await publish(event);
  await settled('held', 1, event);
  expect(server.received).toHaveLength(1);
});

it('gives up on a refused recipient at once, and goes on with the others', async () => {
  onMessage = (to) => (to === 'jane@example.com' ? reply(550, 'no such user') : undefined);
  const event = lead();
  await publish(event);
  await waitFor(async () => (await rowsOf(event)).filter(({ state }) => state === 'dead' || state === 'delivered').length === 2, { describe: 'both settled' });
  expect((await rowsOf(event)).map(({ action, state, attempts }) => [action, state, attempts])).toEqual([
    ['confirm-lead', 'dead', 1],
    ['notify-owner', 'delivered', 1],
  ]);
});
