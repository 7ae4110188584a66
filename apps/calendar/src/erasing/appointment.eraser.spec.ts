import { appointmentUid, createEvent } from '@posthorn/contracts';
import { type DeliveryCall } from '@posthorn/delivery';
import { expect, it } from 'vitest';
import type { CalendarProvider } from '../calendar.provider.js';
import { AppointmentEraser, neutralEntries } from './appointment.eraser.js';

const appointment = (type: 'appointment.booked' | 'appointment.rescheduled', appointmentId: string, day: string) =>
  createEvent({
    site: 'acme', type,
    data: { appointmentId, start: `${day}T10:00:00Z`, end: `${day}T11:00:00Z`, timeZone: 'UTC', title: 'Home visit', place: 'Main Street', notes: 'Ring', person: { email: 'jane@example.org' } },
  });

it('names each appointment once, as it was last, and nothing of what was said about it', () => {
  const events = [appointment('appointment.booked', 'A-1', '2026-12-01'), appointment('appointment.rescheduled', 'A-1', '2026-12-02')];
  const lead = createEvent({ site: 'acme', type: 'lead.submitted', data: { person: { email: 'jane@example.org' } } });
  expect(neutralEntries([...events.toReversed(), lead], 'Taken')).toEqual([
    {
      uid: appointmentUid('acme', 'A-1'), eventId: events[1]!.id, sequence: expect.any(Number) as number,
      start: new Date('2026-12-02T10:00:00Z'), end: new Date('2026-12-02T11:00:00Z'), timeZone: 'UTC', title: 'Taken',
    },
  ]);
});

it('goes on where an attempt ended that took too long', async () => {
  const events = ['A-1', 'A-2', 'A-3'].map((id) => appointment('appointment.booked', id, '2026-12-01'));
  const asked: string[] = [];
  const provider = {
    erase: ({ eventId }: { eventId: string }) => {
      asked.push(eventId);
      return asked.length === 2 ? Promise.reject(new Error('too long')) : Promise.resolve(true);
    },
  } as unknown as CalendarProvider;
  const call: DeliveryCall<CalendarProvider> = { provider, connection: { id: 'c', site: 'acme', options: {} }, deliveryId: 'd', attempt: 1, signal: new AbortController().signal };
  const eraser = new AppointmentEraser();
  await expect(eraser.erase(events, call)).rejects.toThrow('too long');
  await eraser.erase(events, call);
  expect(asked).toEqual([events[0]!.id, events[1]!.id, events[1]!.id, events[2]!.id]);
});
