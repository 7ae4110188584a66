import { expect, it } from 'vitest';
import { busyTimes } from './busy-times.js';

const range = { start: new Date('2026-03-23T00:00:00Z'), end: new Date('2026-04-06T00:00:00Z') };
const vevent = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', 'BEGIN:VEVENT', 'UID:1', 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
const busy = (...objects: string[]): string[] => busyTimes(objects, range).map(({ start, end }) => `${start.toISOString()}/${end.toISOString()}`);

it('merges what overlaps or touches, and cuts at the ends of the range', () => {
  expect(
    busy(
      vevent('DTSTART:20260324T100000Z', 'DTEND:20260324T110000Z'),
      vevent('DTSTART:20260324T103000Z', 'DTEND:20260324T113000Z'),
      vevent('DTSTART:20260324T113000Z', 'DTEND:20260324T120000Z'),
      vevent('DTSTART:20260322T230000Z', 'DTEND:20260323T010000Z'),
      vevent('DTSTART:20260410T100000Z', 'DTEND:20260410T110000Z'),
    ),
  ).toEqual(['2026-03-23T00:00:00.000Z/2026-03-23T01:00:00.000Z', '2026-03-24T10:00:00.000Z/2026-03-24T12:00:00.000Z']);
});

it('does not count what is transparent or cancelled', () => {
  const time = ['DTSTART:20260324T100000Z', 'DTEND:20260324T110000Z'];
  expect(busy(vevent(...time, 'TRANSP:TRANSPARENT'), vevent(...time, 'STATUS:CANCELLED'))).toEqual([]);
});

it('follows a weekly meeting through the clock change, without the one that was called off', () => {
  const zone = [
    'BEGIN:VTIMEZONE', 'TZID:Europe/Berlin',
    'BEGIN:DAYLIGHT', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200', 'DTSTART:19700329T020000', 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU', 'END:DAYLIGHT',
    'BEGIN:STANDARD', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100', 'DTSTART:19701025T030000', 'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU', 'END:STANDARD',
    'END:VTIMEZONE',
  ].join('\r\n');
  const weekly = vevent(
    'DTSTART;TZID=Europe/Berlin:20260105T100000', 'DTEND;TZID=Europe/Berlin:20260105T110000', 'RRULE:FREQ=DAILY;INTERVAL=7', 'EXDATE;TZID=Europe/Berlin:20260316T100000',
  ).replace('BEGIN:VEVENT', `${zone}\r\nBEGIN:VEVENT`);
  expect(busy(weekly)).toEqual(['2026-03-23T09:00:00.000Z/2026-03-23T10:00:00.000Z', '2026-03-30T08:00:00.000Z/2026-03-30T09:00:00.000Z']);
});

it('ends with a rule that has no end', () => {
  expect(busy(vevent('DTSTART:20260323T100000Z', 'DTEND:20260323T100100Z', 'RRULE:FREQ=DAILY'))).toHaveLength(14);
});
