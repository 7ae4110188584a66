import { EXAMPLES, type EventData } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import ICAL from 'ical.js';
import { createDAVClient } from 'tsdav';
import { describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

type Appointment = EventData<'appointment.booked'>;

const day = (date: string, from: string, to: string, offset: string): Pick<Appointment, 'start' | 'end'> => ({
  start: `${date}T${from}:00${offset}`,
  end: `${date}T${to}:00${offset}`,
});

const parsed = (text: string): ICAL.Component => new ICAL.Component(ICAL.parse(text) as unknown[]);
const eventIn = (calendar: ICAL.Component): ICAL.Event => new ICAL.Event(calendar.getFirstSubcomponent('vevent')!);

describe('an appointment', () => {
  const posthorn = sharedPosthorn();

  /** The calendar as an independent CalDAV client sees it. */
  async function calendar(): Promise<ICAL.Event[]> {
    const client = await createDAVClient({ ...posthorn.caldav, authMethod: 'Basic', defaultAccountType: 'caldav' });
    const [first] = await client.fetchCalendars();
    const objects = await client.fetchCalendarObjects({ calendar: first!, useMultiGet: false });
    return objects.map((object) => eventIn(parsed(String(object.data))));
  }

  it('is in the calendar when booked, moves when moved, is gone when cancelled, and the mails say the same', async () => {
    const person = { email: 'booker@example.com', name: 'Bo Oker', locale: 'en' };
    const base: Appointment = { ...EXAMPLES['appointment.booked'], appointmentId: 'e2e-1', title: 'Garden walk', person };

    // The clocks go back in Berlin on 25 October 2026: 10:00 there is 08:00 UTC before, 09:00 UTC after.
    const booked = await posthorn.send('appointment.booked', { ...base, ...day('2026-10-24', '10:00', '11:00', '+02:00') });
    await posthorn.outcomesOf(booked.id, 2);
    const [created] = (await calendar()).filter((event) => event.summary === 'Garden walk');
    expect(created!.startDate.toJSDate().toISOString()).toBe('2026-10-24T08:00:00.000Z');

    const moved = await posthorn.send('appointment.rescheduled', { ...base, ...day('2026-10-26', '10:00', '11:00', '+01:00') });
    await posthorn.outcomesOf(moved.id, 2);
    const after = (await calendar()).filter((event) => event.summary === 'Garden walk');
    expect(after.map((event) => event.startDate.toJSDate().toISOString())).toEqual(['2026-10-26T09:00:00.000Z']);
    expect(after[0]!.uid).toBe(created!.uid);

    const cancelled = await posthorn.send('appointment.cancelled', { ...base, ...day('2026-10-26', '10:00', '11:00', '+01:00') });
    await posthorn.outcomesOf(cancelled.id, 2);
    expect((await calendar()).filter((event) => event.summary === 'Garden walk')).toEqual([]);

    const mails = await waitFor(async () => {
      const all = await posthorn.mailsTo('booker@example.com');
      return all.length >= 3 ? all : undefined;
    });
    const invitations = mails.map((mail) => {
      const part = mail.attachments.find((attachment) => attachment.contentType === 'text/calendar');
      const component = parsed(part!.content.toString('utf8'));
      const event = eventIn(component);
      return { method: component.getFirstPropertyValue('method'), uid: event.uid, sequence: event.sequence };
    });
    expect(invitations.map(({ method }) => method)).toEqual(['REQUEST', 'REQUEST', 'CANCEL']);
    expect(new Set(invitations.map(({ uid }) => uid))).toEqual(new Set([created!.uid]));
    const sequences = invitations.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
  });
});
