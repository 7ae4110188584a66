import 'reflect-metadata';
import { createEvent, type EventData, type PosthornEvent } from '@posthorn/contracts';
import { IMPATIENT, type RunningIntegration, startIntegration } from '@posthorn/delivery/test-kit';
import { createHttpApp } from '@posthorn/http';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AppModule } from './app.module.js';
import type { BookingType } from './booking-sync/booking.mapping.js';
import { SCHEMA, SERVICE } from './config.js';
import { readEvent } from './providers/caldav/entry.test-kit.js';
import { PROVIDERS } from './providers/index.js';
import { ACCOUNT, clear, resourcesOf, setFault, startSandbox, type StoredResource, type TestSandbox } from './sandbox.test-kit.js';

let sandbox: TestSandbox;
let service: RunningIntegration;

beforeAll(async () => {
  sandbox = await startSandbox();
  const url = `${sandbox.url}/caldav/calendars/acme/appointments/`;
  await fetch(url, { method: 'MKCALENDAR', headers: { authorization: `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}` } });
  const options = PROVIDERS[0]!.options.parse({ url, ...ACCOUNT });
  const connections = [{ id: 'acme-calendar', site: 'acme', provider: 'caldav', options, ...IMPATIENT }];
  service = await startIntegration({
    service: SERVICE,
    schema: SCHEMA,
    create: (surroundings) => createHttpApp(AppModule.forRoot({ ...surroundings, section: { connections } }), { logger: false }),
  });
});
beforeEach(() => clear(sandbox));
afterAll(() => sandbox.stop());

async function settled(state: 'delivered' | 'skipped', ...events: PosthornEvent[]): Promise<StoredResource[]> {
  await service.settled(state, events);
  return resourcesOf(sandbox);
}

const appointment = (type: BookingType, appointmentId: string, more: Partial<EventData<BookingType>> = {}) =>
  createEvent({
    site: 'acme',
    type,
    data: {
      appointmentId, start: '2026-12-01T10:00:00+01:00', end: '2026-12-01T10:30:00+01:00', timeZone: 'Europe/Berlin',
      title: 'Consultation', person: { email: 'jane@example.org' }, ...more,
    },
  });

it('keeps one entry for a booking, however often NATS delivers it', async () => {
  const event = appointment('appointment.booked', 'A-1');
  await service.publish(event);
  await settled('delivered', event);
  const next = appointment('appointment.booked', 'A-2');
  await service.publish(event, event, next);
  const resources = await settled('delivered', next);
  expect(resources).toHaveLength(2);
  expect(resources.map(({ ics }) => readEvent(ics).start)).toEqual(['2026-12-01T09:00:00.000Z', '2026-12-01T09:00:00.000Z']);
});

it('follows an appointment across the clock change, raising SEQUENCE', async () => {
  const booked = appointment('appointment.booked', 'A-3', { start: '2027-03-27T10:00:00+01:00', end: '2027-03-27T11:00:00+01:00' });
  await service.publish(booked);
  const before = readEvent((await settled('delivered', booked))[0]!.ics);
  const moved = appointment('appointment.rescheduled', 'A-3', { start: '2027-03-29T10:00:00+02:00', end: '2027-03-29T11:00:00+02:00' });
  await service.publish(moved);
  const after = readEvent((await settled('delivered', moved))[0]!.ics);
  expect([before.startText, after.startText]).toEqual(['2027-03-27T10:00:00', '2027-03-29T10:00:00']);
  expect([before.start, after.start]).toEqual(['2027-03-27T09:00:00.000Z', '2027-03-29T08:00:00.000Z']);
  expect(after.sequence).toBeGreaterThan(before.sequence);
});

it('leaves nothing of a cancelled appointment in the calendar, all three at once', async () => {
  const events = (['appointment.booked', 'appointment.rescheduled', 'appointment.cancelled'] as const).map((type) => appointment(type, 'A-4'));
  await service.publish(...events);
  expect(await settled('delivered', ...events)).toEqual([]);
});

it('does not let a booking that arrives late bring a cancelled appointment back', async () => {
  const [booked, cancelled] = [appointment('appointment.booked', 'A-5'), appointment('appointment.cancelled', 'A-5')];
  await service.publish(cancelled);
  await settled('delivered', cancelled);
  await service.publish(booked);
  expect(await settled('skipped', booked)).toEqual([]);
});

it('keeps each appointment once after the calendar was away', async () => {
  await setFault(sandbox, { kind: 'cut', calls: 6 });
  const events = Array.from({ length: 5 }, (_, index) => appointment('appointment.booked', `B-${index}`));
  await service.publish(...events);
  expect(await settled('delivered', ...events)).toHaveLength(5);
});

it('says what became of it', async () => {
  const event = appointment('appointment.booked', 'A-6');
  await service.publish(event);
  const [resource] = await settled('delivered', event);
  const [row] = await service.deliveriesOf(event);
  expect(row).toMatchObject({ outcome: 'calendar.event.created', external_id: resource!.href.replace('@', '%40') });
});

it('keeps the time of an appointment whose person is to be forgotten, and nothing that anybody wrote into it', async () => {
  const person = { email: 'nora@example.org', name: 'Nora Quist' };
  const details = { person, title: 'Home visit, Nora Quist', place: '7 Quist Lane', notes: 'Ring twice' };
  const events = [
    appointment('appointment.booked', 'Q-1', details),
    appointment('appointment.rescheduled', 'Q-1', { ...details, start: '2026-12-02T10:00:00+01:00', end: '2026-12-02T10:30:00+01:00' }),
    appointment('appointment.booked', 'Q-2', { ...details, start: '2020-12-01T10:00:00+01:00', end: '2020-12-01T10:30:00+01:00' }),
    appointment('appointment.booked', 'Q-3', details),
    appointment('appointment.cancelled', 'Q-3', details),
  ];
  const other = appointment('appointment.booked', 'R-1', { title: 'Somebody else' });
  await service.publish(...events, other);
  await settled('delivered', ...events, other);
  expect(await service.forget(events)).toEqual({ events: 5, deliveries: 5, uncertain: 0 });

  const resources = await resourcesOf(sandbox);
  const entries = resources.map(({ ics }) => readEvent(ics)).map(({ start, end, event }) => [start, end, event.getFirstPropertyValue('summary')]);
  expect(entries.sort()).toEqual([
    ['2020-12-01T09:00:00.000Z', '2020-12-01T09:30:00.000Z', 'Erased'],
    ['2026-12-01T09:00:00.000Z', '2026-12-01T09:30:00.000Z', 'Somebody else'],
    ['2026-12-02T09:00:00.000Z', '2026-12-02T09:30:00.000Z', 'Erased'],
  ]);
  for (const place of [JSON.stringify(resources), await service.everything()]) {
    for (const trace of ['nora', 'quist', 'ring twice']) expect(place.toLowerCase()).not.toContain(trace);
  }
});
