import 'reflect-metadata';
import { appointmentUid, createEvent, type EventData, EXAMPLES, MAPPING_PREVIEW, type PosthornEvent, previewAnswer, WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import { IMPATIENT, type RunningIntegration, startIntegration } from '@posthorn/delivery/test-kit';
import { createHttpApp } from '@posthorn/http';
import { Inquiry } from '@posthorn/messaging';
import { Database } from '@posthorn/persistence';
import { type FaultProxy, waitFor } from '@posthorn/testing';
import ICAL from 'ical.js';
import { type ParsedMail, simpleParser } from 'mailparser';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AppModule } from './app.module.js';
import { emailSection, SERVICE } from './config.js';
import { SETTINGS } from './mail/mail.test-kit.js';
import { MIGRATIONS } from './migrations/index.js';
import { proxyTo, reply, startMailServer, type TestMailServer } from './providers/smtp/mail-server.test-kit.js';

let service: RunningIntegration;
let server: TestMailServer;
let proxy: FaultProxy;
/** Called for every message that arrived whole, before the reply to it; answers with an error to send instead. */
let onMessage: (to: string) => Error | undefined;

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

beforeAll(async () => {
  const cleanup = (close: () => Promise<void>): number => closing.push(close);
  server = await startMailServer({}, cleanup);
  const connection = { provider: 'smtp', host: '127.0.0.1', port: await scripted(cleanup), security: 'none', ...IMPATIENT };
  const sites = Object.fromEntries(Object.entries(SETTINGS.sites).map(([id, site]) => [id, { ...site, owner: site.owner.address, from: site.from.address }]));
  const section = emailSection.parse({
    publicUrl: SETTINGS.publicUrl,
    linkSecret: SETTINGS.linkSecret,
    sites,
    connections: [
      { ...connection, id: 'acme-mail', site: 'acme' },
      { ...connection, id: 'gruen-mail', site: 'gruen', unknownOutcome: 'at-most-once' },
    ],
  });
  service = await startIntegration({
    service: SERVICE,
    schema: SERVICE,
    migrations: MIGRATIONS,
    create: (surroundings) => createHttpApp(AppModule.forRoot({ ...surroundings, section }), { logger: false }),
  });
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

it('says what it would mail about events of every type, and neither mails nor keeps anything', async () => {
  const before = await waitFor(() => service.everything().catch(() => undefined), { describe: 'Postgres' });
  const events = WEBSITE_EVENT_TYPES.map((type) => createEvent({ site: 'acme', type, data: EXAMPLES[type] }));
  const answer = previewAnswer.parse(await service.app.get(Inquiry).ask(MAPPING_PREVIEW, { events, mapped: true }));
  const told = answer.receivers.map(({ eventId, action, provider, mapped, problem }) => ({ type: events.find(({ id }) => id === eventId)?.type, action, provider, does: mapped?.map(({ does }) => does), problem }));
  expect(told).toContainEqual({ type: 'lead.submitted', action: 'confirm-lead', provider: 'smtp', does: ['send'], problem: undefined });
  expect(told).toContainEqual({ type: 'appointment.rescheduled', action: 'invite', provider: 'smtp', does: ['send'], problem: undefined });
  expect(told.filter(({ does }) => does?.length !== 1)).toEqual([]);
  expect(server.received).toEqual([]);
  expect(await service.everything()).toBe(before);
});

it('leaves out of what it would mail the links that would work', async () => {
  const event = createEvent({ site: 'acme', type: 'newsletter.subscribed', data: EXAMPLES['newsletter.subscribed'] });
  const answer = await service.app.get(Inquiry).ask(MAPPING_PREVIEW, { events: [event], mapped: true });
  expect(JSON.stringify(answer)).toContain('/v1/newsletter/confirm/…');
  expect(JSON.stringify(answer)).not.toMatch(/confirm\/[\w-]/);
});

it('mails the person and the owner about a lead once, however often NATS delivers it', async () => {
  const event = lead();
  await service.publish(event);
  await service.settled('delivered', [event], 2);
  const next = lead();
  await service.publish(event, event, next);
  await service.settled('delivered', [next], 2);
  expect(server.received.map(({ to }) => to[0]).sort()).toEqual(['jane@example.com', 'jane@example.com', 'owner@acme.example', 'owner@acme.example']);
  const ids = (await inbox()).map(({ messageId }) => messageId);
  expect(new Set(ids).size).toBe(4);
  const rows = await service.deliveriesOf(event);
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
    createEvent({ site: 'gruen', type: 'privacy.confirmation_requested', data: { person } }),
    createEvent({ site: 'gruen', type: 'newsletter.unsubscribed', data: { person, list: 'Gartenbrief' } }),
  ];
  await service.publish(...events);
  await service.settled('delivered', events, 6);
  expect((await inbox()).map(({ subject }) => subject).sort()).toEqual([
    'Bitte bestätigen: Gartenbrief',
    'Bitte bestätigen: Ihre Daten löschen',
    'Formular „umfrage“ von Jane Roe',
    'Ihr Beleg zur Bestellung B-7',
    'Ihr Termin am Mittwoch, 25. März 2026',
    'Willkommen bei Gartenbrief',
  ]);
  await waitFor(async () => (await service.outcomesOf(...events)).length === 6, { describe: 'an outcome for each mail' });
  for (const { type, envelope } of await service.outcomesOf(...events)) {
    expect(type).toBe('email.message.sent');
    expect(JSON.stringify(envelope)).not.toMatch(/jane|roe/i);
  }
});

it('keeps one calendar entry through booking, moves and cancellation within one second, its SEQUENCE rising', async () => {
  const events = appointment('A-quick');
  await service.publish(...events);
  await service.settled('delivered', events);
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
  await service.publish(...events);
  await service.settled('delivered', events);
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
  await service.publish(event);
  await service.settled('delivered', [event], 2);
  const toJane = (await inbox()).filter(({ to }) => JSON.stringify(to).includes('jane'));
  expect(toJane.length).toBe(2);
  expect(new Set(toJane.map(({ messageId }) => messageId)).size).toBe(1);
});

it.each([
  ['where the connection says at most once', () => createEvent({ site: 'gruen', type: 'newsletter.confirmed', data: { person, list: 'Gartenbrief' } })],
  ['for a double opt-in on any connection', () => createEvent({ site: 'acme', type: 'newsletter.subscribed', data: { person, list: 'Garden letter' } })],
  ['for the question whether somebody wants to be forgotten', () => createEvent({ site: 'acme', type: 'privacy.confirmation_requested', data: { person } })],
])('holds a mail of unknown fate for an operator %s', async (_where, make) => {
  onMessage = () => {
    proxy.cut();
    proxy.restore();
    return undefined;
  };
  const event = make();
  await service.publish(event);
  await service.settled('held', [event]);
  expect(server.received).toHaveLength(1);
});

it('gives up on a refused recipient at once, and goes on with the others', async () => {
  onMessage = (to) => (to === 'jane@example.com' ? reply(550, 'no such user') : undefined);
  const event = lead();
  await service.publish(event);
  await waitFor(async () => (await service.deliveriesOf(event)).filter(({ state }) => state === 'dead' || state === 'delivered').length === 2, { describe: 'both settled' });
  expect((await service.deliveriesOf(event)).map(({ action, state, attempts }) => [action, state, attempts])).toEqual([
    ['confirm-lead', 'dead', 1],
    ['notify-owner', 'delivered', 1],
  ]);
});

it('mails nothing more to a person who is to be forgotten, and says how much had been sent', async () => {
  const nora = { email: 'nora@example.org', name: 'Nora Quist' };
  const events = [
    createEvent({ site: 'acme', type: 'lead.submitted', data: { person: nora, message: 'Quist speaking' } }),
    createEvent({ site: 'acme', type: 'appointment.booked', data: { ...booking, appointmentId: 'Q-1', person: nora, title: 'Home visit, Quist' } }),
  ];
  await service.publish(...events);
  await service.settled('delivered', events, 3);
  onMessage = () => Object.assign(new Error('busy'), { responseCode: 451 });
  const stuck = createEvent({ site: 'acme', type: 'order.paid', data: { orderId: 'Q-2', total: { amount: '1.00', currency: 'EUR' }, lines: [{ name: 'Tea', quantity: 1, price: '1.00' }], person: nora } });
  await service.publish(stuck);
  await service.settled('retrying', [stuck]);
  expect(await service.forget([...events, stuck])).toEqual({ events: 3, deliveries: 4, uncertain: 0, mailsSent: 3, mailsPerhapsSent: 0 });
  expect((await service.deliveriesOf(stuck)).map(({ state }) => state)).toEqual(['erased']);
  const kept = (await service.everything()).toLowerCase();
  for (const trace of ['nora', 'quist']) expect(kept).not.toContain(trace);
  expect(await service.app.get(Database).query('SELECT 1 FROM appointment_revisions WHERE appointment_id = $1', ['Q-1'])).toEqual([]);
});
