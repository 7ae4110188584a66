import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { calendarInvitation, type InvitationDetails } from './calendar.invitation.js';

const details: InvitationDetails = {
  method: 'REQUEST',
  uid: '0123456789abcdef0123456789abcdef@posthorn',
  sequence: 59_000_000,
  stamp: new Date('2026-11-22T15:04:05Z'),
  start: new Date('2026-03-25T09:00:00Z'),
  end: new Date('2026-03-25T10:00:00Z'),
  timeZone: 'Europe/Berlin',
  title: 'Consultation',
  description: '',
  organizer: { address: 'owner@acme.example', name: 'Acme Gardens' },
  attendee: { address: 'jane@example.com', name: 'Jane Roe' },
  url: 'https://acme.example',
};

/** Read by ical.js, which knows nothing of how it was written. */
function read(changes: Partial<InvitationDetails> = {}) {
  const invitation = calendarInvitation({ ...details, ...changes });
  const calendar = ICAL.Component.fromString(invitation.content);
  const component = calendar.getFirstSubcomponent('vevent')!;
  return { invitation, calendar, component, event: new ICAL.Event(component) };
}

describe('an invitation', () => {
  it('says who invites whom to what, as another parser reads it', () => {
    const { calendar, component, event } = read({ place: '12 Garden Lane; Bath, UK', description: 'one\ntwo' });
    expect(calendar.getFirstPropertyValue('method')).toBe('REQUEST');
    expect(event.uid).toBe(details.uid);
    expect(event.sequence).toBe(59_000_000);
    expect(event.summary).toBe('Consultation');
    expect(event.location).toBe('12 Garden Lane; Bath, UK');
    expect(event.description).toBe('one\ntwo');
    expect(event.organizer).toBe('mailto:owner@acme.example');
    expect(event.attendees.map((attendee) => [attendee.getFirstValue(), attendee.getParameter('cn'), attendee.getParameter('rsvp')])).toEqual([
      ['mailto:jane@example.com', 'Jane Roe', 'TRUE'],
    ]);
    expect(component.getFirstPropertyValue('status')).toBe('CONFIRMED');
    expect(component.getFirstPropertyValue('dtstamp')!.toString()).toBe('2026-11-22T15:04:05Z');
  });

  it('is taken back under the same identity', () => {
    const { calendar, component, event } = read({ method: 'CANCEL', sequence: 59_000_001 });
    expect(calendar.getFirstPropertyValue('method')).toBe('CANCEL');
    expect(component.getFirstPropertyValue('status')).toBe('CANCELLED');
    expect(event.uid).toBe(details.uid);
    expect(event.attendees[0]!.getParameter('rsvp')).toBeUndefined();
  });

  it('has lines of at most 75 octets that break no character, and ends each with CRLF', () => {
    const title = 'Gartenberatung für Änderungswünsche 庭園の相談 🌳'.repeat(8);
    const { invitation, event } = read({ title });
    for (const line of invitation.content.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(invitation.content).not.toMatch(/[^\r]\n/);
    expect(invitation.content).not.toContain('\ufffd');
    expect(event.summary).toBe(title);
  });

  it.each([
    ['the title', { title: 'x\r\nATTENDEE:mailto:victim@example.com\r\nEND:VEVENT' }],
    ['the notes', { description: 'x\nEND:VEVENT\nBEGIN:VALARM' }],
    ['the place', { place: 'x\rDTSTART:20200101T000000Z' }],
    ['a name', { attendee: { address: 'jane@example.com', name: 'Jane":mailto:victim@example.com\r\nSTATUS:CANCELLED' } }],
  ])('takes nothing but text from %s', (_what, changes) => {
    const { component, calendar, event } = read(changes);
    expect(component.getAllProperties('attendee')).toHaveLength(1);
    expect(event.attendees[0]!.getFirstValue()).toBe('mailto:jane@example.com');
    expect(component.getAllSubcomponents()).toHaveLength(0);
    expect(calendar.getAllSubcomponents('vevent')).toHaveLength(1);
    expect(component.getFirstPropertyValue('status')).toBe('CONFIRMED');
    expect(event.startDate.toJSDate()).toEqual(details.start);
  });

  it('keeps quotes in a name', () => {
    const { component } = read({ attendee: { address: 'jane@example.com', name: 'Jane "J^" Roe, M.A.' } });
    expect(component.getFirstProperty('attendee')!.getFirstParameter('cn')).toBe('Jane "J^" Roe, M.A.');
  });
});

describe('the time of an invitation', () => {
  it.each([
    ['before the clock goes forward', '2026-03-29T00:30:00Z', '20260329T013000', 'Europe/Berlin'],
    ['across the change in spring', '2026-03-29T01:30:00Z', '20260329T033000', 'Europe/Berlin'],
    ['just after the clock went back', '2026-10-25T02:00:00Z', '20261025T030000', 'Europe/Berlin'],
    ['in winter', '2026-12-01T09:00:00Z', '20261201T100000', 'Europe/Berlin'],
    ['in New York in summer', '2026-07-01T13:00:00Z', '20260701T090000', 'America/New_York'],
    ['in a zone without summer time', '2026-07-01T13:00:00Z', '20260701T183000', 'Asia/Kolkata'],
    ['south of the equator', '2026-01-15T00:00:00Z', '20260115T110000', 'Australia/Sydney'],
    ['in a zone that is another name of one', '2026-07-01T13:00:00Z', '20260701T150000', 'Europe/Stockholm'],
  ])('is the clock’s on the wall there: %s', (_what, instant, wallClock, timeZone) => {
    const start = new Date(instant);
    const { invitation, calendar, event } = read({ start, end: new Date(start.getTime() + 1_800_000), timeZone });
    expect(invitation.content).toContain(`DTSTART;TZID=${timeZone}:${wallClock}\r\n`);
    expect(calendar.getFirstSubcomponent('vtimezone')!.getFirstPropertyValue('tzid')).toBe(timeZone);
    expect(event.startDate.toJSDate()).toEqual(start);
    expect(event.endDate.toJSDate().getTime() - start.getTime()).toBe(1_800_000);
  });

  it.each(['UTC', 'Etc/UTC', 'Zulu'])('needs no VTIMEZONE in %s', (timeZone) => {
    const { invitation, calendar } = read({ start: new Date('2026-03-01T09:00:00Z'), end: new Date('2026-03-01T10:00:00Z'), timeZone });
    expect(invitation.content).toContain('\r\nDTSTART:20260301T090000Z\r\n');
    expect(calendar.getFirstSubcomponent('vtimezone')).toBeNull();
  });

  it.each([
    ['the first 02:30 in autumn, which a wall clock cannot tell from the second', '2026-10-25T00:30:00Z', 'Europe/Berlin'],
    ['the second 02:30 in autumn', '2026-10-25T01:30:00Z', 'Europe/Berlin'],
    ['a zone whose rules VTIMEZONE cannot hold', '2026-03-01T09:00:00Z', 'Africa/Casablanca'],
    ['a zone with another rule at that time', '1985-06-01T09:00:00Z', 'Europe/Moscow'],
    ['UTC', '2026-03-01T09:00:00Z', 'UTC'],
  ])('is the right instant always: %s', (_what, instant, timeZone) => {
    const start = new Date(instant);
    const { event } = read({ start, end: new Date(start.getTime() + 3_600_000), timeZone });
    expect(event.startDate.toJSDate()).toEqual(start);
    expect(event.endDate.toJSDate().getTime() - start.getTime()).toBe(3_600_000);
  });
});
