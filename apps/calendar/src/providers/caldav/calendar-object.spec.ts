import { describe, expect, it } from 'vitest';
import { CalendarObject } from './calendar-object.js';
import { entry, readEvent } from './entry.test-kit.js';

const stored = (more: Parameters<typeof entry>[0] = {}) => CalendarObject.create(entry(more)).toString();

describe('a calendar object', () => {
  it('holds one confirmed event under the UID of the appointment', () => {
    const { calendar, event, sequence } = readEvent(stored());
    expect(calendar.getAllSubcomponents('vevent')).toHaveLength(1);
    expect(sequence).toBe(100);
    expect((event.toJSON() as [string, unknown])[1]).toEqual(
      expect.arrayContaining([
        ['uid', {}, 'text', '0123456789abcdef0123456789abcdef@posthorn'],
        ['status', {}, 'text', 'CONFIRMED'],
        ['summary', {}, 'text', 'Consultation'],
        ['location', {}, 'text', 'Room 1; left, up'],
        ['description', {}, 'text', 'Jane Roe\njane@example.org'],
      ]),
    );
  });

  it('has no METHOD, which CalDAV forbids, and no ATTENDEE, to whom servers send mail', () => {
    expect(stored()).not.toMatch(/^(METHOD|ATTENDEE|ORGANIZER)/m);
  });

  it('is text that any reader takes: CRLF, lines of at most 75 octets, nothing smuggled in', () => {
    const text = stored({ title: `${'ä'.repeat(200)}\r\nBEGIN:VALARM`, description: 'a\nEND:VEVENT\nX-EVIL:1' });
    expect(text.split('\r\n').every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
    expect(text).not.toMatch(/[^\r]\n/);
    expect(text.match(/^(BEGIN|END):V(EVENT|ALARM)/gm)).toEqual(['BEGIN:VEVENT', 'END:VEVENT']);
  });

  it('recognises what it says already', () => {
    const object = CalendarObject.parse(stored())!;
    expect(object.says(entry({ eventId: 'another', sequence: 999 }))).toBe(true);
    for (const other of [{ title: 'x' }, { place: undefined }, { description: 'x' }, { end: new Date() }, { start: new Date(0) }]) {
      expect(object.says(entry(other))).toBe(false);
    }
  });

  it('raises SEQUENCE with every change, also when the calendar is ahead of the event', () => {
    const object = CalendarObject.parse(stored({ sequence: 500 }))!;
    object.change(entry({ sequence: 400, start: new Date('2026-12-02T09:00:00Z'), end: new Date('2026-12-02T09:30:00Z') }));
    expect(readEvent(object.toString()).sequence).toBe(501);
    object.change(entry({ sequence: 900 }));
    expect(readEvent(object.toString()).sequence).toBe(900);
  });

  it('leaves what the owner of the calendar added: an alarm, a category, a colour', () => {
    const owned = stored().replace('END:VEVENT', 'CATEGORIES:Important\r\nCOLOR:tomato\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT');
    const object = CalendarObject.parse(owned)!;
    object.change(entry({ start: new Date('2027-06-01T08:00:00Z'), end: new Date('2027-06-01T09:00:00Z'), timeZone: 'America/New_York' }));
    const text = object.toString();
    expect(text).toContain('CATEGORIES:Important');
    expect(text).toContain('TRIGGER:-PT15M');
    expect(readEvent(text)).toMatchObject({ start: '2027-06-01T08:00:00.000Z', tzid: 'America/New_York' });
  });

  it('understands an entry that a program gave a duration instead of an end', () => {
    const text = stored().replace(/DTEND[^\r]*\r\n/, 'DURATION:PT30M\r\n');
    const object = CalendarObject.parse(text)!;
    expect(object.says(entry())).toBe(true);
    object.change(entry({ end: new Date('2026-12-01T10:00:00Z') }));
    expect(readEvent(object.toString()).end).toBe('2026-12-01T10:00:00.000Z');
    expect(object.toString()).not.toContain('DURATION');
  });

  it('knows that it was written for a later event', () => {
    const object = CalendarObject.parse(stored({ eventId: '019aa000-0000-7000-8000-000000000005' }))!;
    expect(object.isNewerThan(entry({ eventId: '019aa000-0000-7000-8000-000000000004' }))).toBe(true);
    expect(object.isNewerThan(entry({ eventId: '019aa000-0000-7000-8000-000000000006' }))).toBe(false);
  });

  it.each(['', '<html>', 'BEGIN:VCARD\r\nEND:VCARD'])('is nothing when the text is %j', (text) => {
    expect(CalendarObject.parse(text)).toBeUndefined();
  });
});
