import ICAL from 'ical.js';
import type { CalendarEntry } from '../../calendar.provider.js';

export function entry(more: Partial<CalendarEntry> = {}): CalendarEntry {
  return {
    uid: '0123456789abcdef0123456789abcdef@posthorn',
    eventId: '019aa000-0000-7000-8000-000000000001',
    sequence: 100,
    start: new Date('2026-12-01T09:00:00Z'),
    end: new Date('2026-12-01T09:30:00Z'),
    timeZone: 'Europe/Berlin',
    title: 'Consultation',
    place: 'Room 1; left, up',
    description: 'Jane Roe\njane@example.org',
    ...more,
  };
}

/** An event as a calendar program understands it: times through the VTIMEZONE that came along, nothing else. */
export function readEvent(ics: string): { start: string; end: string; startText: string; tzid: string | undefined; sequence: number; event: ICAL.Component; calendar: ICAL.Component } {
  const calendar = ICAL.Component.fromString(ics);
  const event = calendar.getFirstSubcomponent('vevent');
  if (!event) throw new Error('There is no event');
  const read = new ICAL.Event(event);
  const tzid: unknown = event.getFirstProperty('dtstart')?.getParameter('tzid');
  return {
    start: read.startDate.toJSDate().toISOString(),
    end: read.endDate.toJSDate().toISOString(),
    startText: read.startDate.toString(),
    tzid: typeof tzid === 'string' ? tzid : undefined,
    sequence: Number(event.getFirstPropertyValue('sequence')),
    event,
    calendar,
  };
}
