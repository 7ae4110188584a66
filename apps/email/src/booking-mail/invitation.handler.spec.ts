import { appointmentUid, type EventData } from '@posthorn/contracts';
import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { eventOf, mailFor, sender } from '../mail/mail.test-kit.js';
import { type AppointmentEvent, type AppointmentRevision, type AppointmentRevisions } from './appointment.revisions.js';
import { InvitationHandler } from './invitation.handler.js';

const booking: EventData<'appointment.booked'> = {
  appointmentId: 'A-1',
  start: '2026-03-25T10:00:00+01:00',
  end: '2026-03-25T11:00:00+01:00',
  timeZone: 'Europe/Berlin',
  title: 'Consultation',
  place: '12 Garden Lane',
  person: { email: 'jane@example.com', name: 'Jane Roe', locale: 'de' },
  notes: 'Parking is behind the house.',
};

const handlerWith = (revision: AppointmentRevision): InvitationHandler =>
  new InvitationHandler(sender(), { record: () => Promise.resolve(revision) } as unknown as AppointmentRevisions);

async function send(event: AppointmentEvent, revision: AppointmentRevision) {
  const { mail } = await mailFor(handlerWith(revision), event);
  return { mail, event: new ICAL.Event(ICAL.Component.fromString(mail.invitation!.content).getFirstSubcomponent('vevent')!) };
}

describe('an appointment', () => {
  it('is booked: an invitation that the site’s owner hears the answer to', async () => {
    const { mail, event } = await send(eventOf('appointment.booked', booking), { sequence: 7 });
    expect(mail).toMatchObject({ subject: 'Ihr Termin am Mittwoch, 25. März 2026', to: { address: 'jane@example.com' }, invitation: { method: 'REQUEST' } });
    expect(event).toMatchObject({ uid: appointmentUid('acme', 'A-1'), sequence: 7, summary: 'Consultation', organizer: 'mailto:owner@acme.example' });
    expect(mail.text).toContain('10:00–11:00 Uhr');
  });

  it('is rescheduled: an update of the same entry, and the mail says what the time was before', async () => {
    const moved = { ...booking, start: '2026-03-30T08:00:00Z', end: '2026-03-30T09:00:00Z' };
    const { mail, event } = await send(eventOf('appointment.rescheduled', moved), {
      sequence: 8,
      previous: { start: '2026-03-25T09:00:00.000Z', end: '2026-03-25T10:00:00.000Z' },
    });
    expect(mail.invitation!.method).toBe('REQUEST');
    expect(event).toMatchObject({ uid: appointmentUid('acme', 'A-1'), sequence: 8 });
    expect(event.startDate.toString()).toBe('2026-03-30T10:00:00');
    expect(mail.text).toContain('Bisher: Mittwoch, 25. März 2026, 10:00–11:00 Uhr');
  });

  it('is cancelled: the entry is taken back, with the reason', async () => {
    const { mail, event } = await send(eventOf('appointment.cancelled', { ...booking, reason: 'The ground is frozen.' }), { sequence: 9 });
    expect(mail).toMatchObject({ subject: 'Abgesagt: Mittwoch, 25. März 2026', invitation: { method: 'CANCEL' } });
    expect(event).toMatchObject({ uid: appointmentUid('acme', 'A-1'), sequence: 9 });
    expect(mail.text).toContain('The ground is frozen.');
  });

  it('is mailed about in order: all its events share one ordering key', () => {
    const handler = handlerWith({ sequence: 1 });
    expect(handler.orderingKey(eventOf('appointment.booked', booking))).toBe(handler.orderingKey(eventOf('appointment.cancelled', booking)));
  });
});
