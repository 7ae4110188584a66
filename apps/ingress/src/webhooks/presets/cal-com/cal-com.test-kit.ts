import type { Recorded } from '../recorded.test-kit.js';

/** As the vendor's page shows it, with another person in it. */
const payload = {
  type: '60min',
  title: '60min between Pro Example and Ada Lovelace',
  description: '',
  additionalNotes: 'Second floor',
  customInputs: {},
  startTime: '2026-11-25T09:30:00Z',
  endTime: '2026-11-25T10:30:00Z',
  organizer: { id: 5, name: 'Pro Example', email: 'pro@example.com', username: 'pro', timeZone: 'Asia/Kolkata', language: { locale: 'en' }, timeFormat: 'h:mma' },
  responses: { name: { label: 'your_name', value: 'Ada Lovelace' }, email: { label: 'email_address', value: 'ada@example.com' }, location: { label: 'location', value: { optionValue: '', value: 'inPerson' } }, notes: { label: 'additional_notes' }, guests: { label: 'additional_guests' }, rescheduleReason: { label: 'reschedule_reason' } },
  userFieldsResponses: {},
  attendees: [{ email: 'ada@example.com', name: 'Ada Lovelace', timeZone: 'Europe/London', language: { locale: 'en' } }],
  location: 'Calcom HQ',
  destinationCalendar: null,
  hideCalendarNotes: false,
  eventTypeId: 7,
  uid: 'bFJeNb2uX8ANpT3JL5EfXw',
  eventTitle: '60min',
  price: 0,
  currency: 'usd',
  length: 60,
  bookingId: 91,
  metadata: {},
  status: 'ACCEPTED',
};

export const calBooking = (triggerEvent: string, over: object = {}, createdAt = '2026-11-23T09:30:00.538Z'): Record<string, unknown> => ({ triggerEvent, createdAt, payload: { ...payload, ...over } });

const appointment = {
  appointmentId: 'bFJeNb2uX8ANpT3JL5EfXw',
  start: '2026-11-25T09:30:00Z',
  end: '2026-11-25T10:30:00Z',
  timeZone: 'Europe/London',
  title: '60min between Pro Example and Ada Lovelace',
  place: 'Calcom HQ',
  person: { email: 'ada@example.com', name: 'Ada Lovelace', locale: 'en' },
  notes: 'Second floor',
};
const time = '2026-11-23T09:30:00.538Z';

export const CAL_COM: Recorded[] = [
  { what: 'a booking', body: calBooking('BOOKING_CREATED'), becomes: [{ type: 'appointment.booked', time, data: appointment }] },
  {
    what: 'a booking that is moved, and gets another uid for it',
    body: calBooking('BOOKING_RESCHEDULED', { uid: 'sQ9TkV8mJ2nW4rY6uB1cDe', rescheduleUid: 'bFJeNb2uX8ANpT3JL5EfXw', startTime: '2026-11-26T09:30:00Z', endTime: '2026-11-26T10:30:00Z', responses: { ...payload.responses, rescheduleReason: { label: 'reschedule_reason', value: 'Ill' } } }),
    becomes: [{ type: 'appointment.rescheduled', time, data: { ...appointment, start: '2026-11-26T09:30:00Z', end: '2026-11-26T10:30:00Z', reason: 'Ill' } }],
  },
  { what: 'a booking that is cancelled', body: calBooking('BOOKING_CANCELLED', { status: 'CANCELLED', cancellationReason: 'No longer needed' }), becomes: [{ type: 'appointment.cancelled', time, data: { ...appointment, reason: 'No longer needed' } }] },
  { what: 'the end of a booking that was moved', body: calBooking('BOOKING_CANCELLED', { status: 'CANCELLED', rescheduledToUid: 'sQ9TkV8mJ2nW4rY6uB1cDe' }), becomes: [] },
];
