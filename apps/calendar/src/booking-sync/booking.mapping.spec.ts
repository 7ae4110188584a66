import { appointmentUid, createEvent, type EventData } from '@posthorn/contracts';
import { expect, it } from 'vitest';
import { BookingSyncHandler } from './booking-sync.handler.js';
import { type BookingType, calendarEntry } from './booking.mapping.js';

const event = (type: BookingType, data: Partial<EventData<BookingType>> = {}) =>
  createEvent({
    site: 'acme',
    type,
    data: {
      appointmentId: 'A-1',
      start: '2026-12-01T10:00:00+01:00',
      end: '2026-12-01T10:30:00+01:00',
      timeZone: 'Europe/Berlin',
      title: 'Consultation',
      person: { email: 'jane@example.org' },
      ...data,
    },
  });

it('names the entry as the invitations do', () => {
  expect(calendarEntry(event('appointment.booked')).uid).toBe(appointmentUid('acme', 'A-1'));
});

it('reads the times as instants, whatever offset they came with', () => {
  const { start, end } = calendarEntry(event('appointment.booked', { start: '2026-12-01T04:00:00-05:00' }));
  expect([start.toISOString(), end.toISOString()]).toEqual(['2026-12-01T09:00:00.000Z', '2026-12-01T09:30:00.000Z']);
});

it('tells who comes and what they wrote', () => {
  const person = { name: 'Jane Roe', email: 'jane@example.org', phone: '+49 30 123' };
  expect(calendarEntry(event('appointment.booked', { person, notes: 'Second floor' })).description).toBe('Jane Roe\njane@example.org\n+49 30 123\n\nSecond floor');
});

it('never lets the events of one appointment overtake each other', () => {
  const handler = new BookingSyncHandler();
  const keys = (['appointment.booked', 'appointment.rescheduled', 'appointment.cancelled'] as const).map((type) => handler.orderingKey(event(type)));
  expect(new Set(keys).size).toBe(1);
  expect(handler.orderingKey(event('appointment.booked', { appointmentId: 'A-2' }))).not.toBe(keys[0]);
});
