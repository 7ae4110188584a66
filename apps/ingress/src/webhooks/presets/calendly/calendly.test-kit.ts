import type { Recorded } from '../recorded.test-kit.js';

const api = 'https://api.calendly.com';
const uri = `${api}/scheduled_events/GBGBDCAADAEDCRZ2/invitees/AAAAAAAAAAAAAAAA`;

const payload = {
  cancel_url: 'https://calendly.com/cancellations/AAAAAAAAAAAAAAAA',
  created_at: '2026-11-23T09:30:00.000000Z',
  email: 'ada@example.com',
  event: `${api}/scheduled_events/GBGBDCAADAEDCRZ2`,
  first_name: 'Ada',
  last_name: 'Lovelace',
  name: 'Ada Lovelace',
  new_invitee: null,
  no_show: null,
  old_invitee: null,
  payment: null,
  questions_and_answers: [{ answer: 'Looms', position: 0, question: 'What would you like to talk about?' }, { answer: 'And engines', position: 1, question: 'Anything else?' }],
  reconfirmation: null,
  reschedule_url: 'https://calendly.com/reschedulings/AAAAAAAAAAAAAAAA',
  rescheduled: false,
  routing_form_submission: null,
  scheduled_event: {
    created_at: '2026-11-23T09:30:00.000000Z',
    end_time: '2026-11-25T10:00:00.000000Z',
    event_guests: [],
    event_memberships: [{ user: `${api}/users/GBGBDCAADAEDCRZ2`, user_email: 'pro@example.com', user_name: 'Pro Example' }],
    event_type: `${api}/event_types/GBGBDCAADAEDCRZ2`,
    invitees_counter: { total: 1, active: 1, limit: 1 },
    location: { type: 'physical', location: 'Main Street 1, Berlin' },
    name: '30 Minute Meeting',
    start_time: '2026-11-25T09:30:00.000000Z',
    status: 'active',
    uri: `${api}/scheduled_events/GBGBDCAADAEDCRZ2`,
  },
  status: 'active',
  text_reminder_number: null,
  timezone: 'Europe/London',
  tracking: { utm_campaign: null, utm_source: null },
  updated_at: '2026-11-23T09:30:00.000000Z',
  uri,
};

const eventOf = (event: string, over: object = {}): Record<string, unknown> => ({ created_at: '2026-11-23T09:30:01.000000Z', created_by: `${api}/users/GBGBDCAADAEDCRZ2`, event, payload: { ...payload, ...over } });

const appointment = { appointmentId: uri, start: '2026-11-25T09:30:00.000000Z', end: '2026-11-25T10:00:00.000000Z', timeZone: 'Europe/London', title: '30 Minute Meeting', place: 'Main Street 1, Berlin', person: { email: 'ada@example.com', name: 'Ada Lovelace' }, notes: 'Looms\nAnd engines' };
const time = '2026-11-23T09:30:01.000000Z';
const cancellation = { canceled_by: 'Ada Lovelace', canceler_type: 'invitee', reason: 'No longer needed', created_at: '2026-11-24T09:30:00.000000Z' };

export const CALENDLY: Recorded[] = [
  { what: 'an invitee who books', body: eventOf('invitee.created'), becomes: [{ type: 'appointment.booked', time, data: appointment }] },
  {
    what: 'an invitee who books anew, to be somewhere at another time',
    body: eventOf('invitee.created', { uri: uri.replace('AAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBB'), old_invitee: uri }),
    becomes: [{ type: 'appointment.rescheduled', time, data: appointment }],
  },
  { what: 'the cancellation that goes before it', body: eventOf('invitee.canceled', { rescheduled: true, status: 'canceled', new_invitee: uri.replace('AAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBB') }), becomes: [] },
  { what: 'an invitee who cancels', body: eventOf('invitee.canceled', { status: 'canceled', cancellation }), becomes: [{ type: 'appointment.cancelled', time, data: { ...appointment, reason: 'No longer needed' } }] },
];
