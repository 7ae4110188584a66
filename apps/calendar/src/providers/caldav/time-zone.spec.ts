import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { CalendarObject } from './calendar-object.js';
import { entry, readEvent } from './entry.test-kit.js';
import { writeTimes } from './time-zone.js';

const HOUR_MS = 3_600_000;

const written = (start: string, timeZone: string, minutes = 30) => {
  const from = new Date(start);
  return CalendarObject.create(entry({ start: from, end: new Date(from.getTime() + minutes * 60_000), timeZone })).toString();
};

describe('an appointment near a clock change', () => {
  it.each([
    // Berlin, spring 2026: 02:00 becomes 03:00 on 29 March.
    ['Europe/Berlin', '2026-03-28T09:00:00Z', '2026-03-28T10:00:00'],
    ['Europe/Berlin', '2026-03-29T00:30:00Z', '2026-03-29T01:30:00'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29T03:00:00'],
    ['Europe/Berlin', '2026-03-30T08:00:00Z', '2026-03-30T10:00:00'],
    // Berlin, autumn 2026: 03:00 becomes 02:00 on 25 October.
    ['Europe/Berlin', '2026-10-24T08:00:00Z', '2026-10-24T10:00:00'],
    ['Europe/Berlin', '2026-10-26T09:00:00Z', '2026-10-26T10:00:00'],
    // New York changes on other days: 8 March and 1 November 2026.
    ['America/New_York', '2026-03-07T15:00:00Z', '2026-03-07T10:00:00'],
    ['America/New_York', '2026-03-08T07:00:00Z', '2026-03-08T03:00:00'],
    ['America/New_York', '2026-03-09T14:00:00Z', '2026-03-09T10:00:00'],
    ['America/New_York', '2026-10-31T14:00:00Z', '2026-10-31T10:00:00'],
    ['America/New_York', '2026-11-02T15:00:00Z', '2026-11-02T10:00:00'],
    // No clock change at all, half an hour, and a zone ahead of UTC by more than half a day.
    ['Asia/Kolkata', '2026-06-01T04:30:00Z', '2026-06-01T10:00:00'],
    ['Australia/Lord_Howe', '2026-01-15T23:00:00Z', '2026-01-16T10:00:00'],
    ['Pacific/Auckland', '2026-01-15T21:00:00Z', '2026-01-16T10:00:00'],
  ])('in %s at %s shows %s on the wall and is that very instant', (timeZone, instant, wall) => {
    const read = readEvent(written(instant, timeZone));
    expect(read).toMatchObject({ tzid: timeZone, startText: wall, start: new Date(instant).toISOString() });
  });

  it.each([
    ['Europe/Berlin', '2026-03-29T00:45:00Z'],
    ['Europe/Berlin', '2026-10-25T00:45:00Z'],
    ['America/New_York', '2026-03-08T06:45:00Z'],
    ['America/New_York', '2026-11-01T05:45:00Z'],
  ])('that lasts through the change in %s keeps its length', (timeZone, instant) => {
    const { start, end } = readEvent(written(instant, timeZone, 45));
    expect(Date.parse(end) - Date.parse(start)).toBe(45 * 60_000);
    expect(start).toBe(new Date(instant).toISOString());
  });

  it('in an hour that happens twice keeps the two apart: the second is written in UTC', () => {
    const [first, second] = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map((instant) => readEvent(written(instant, 'Europe/Berlin')));
    expect(first).toMatchObject({ start: '2026-10-25T00:30:00.000Z' });
    expect(second).toMatchObject({ start: '2026-10-25T01:30:00.000Z', tzid: undefined });
  });

  it('is the right instant in every hour of the years around, in zones of every kind', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'America/Sao_Paulo', 'Asia/Kathmandu', 'Europe/Dublin', 'Antarctica/Troll'];
    const wrong: string[] = [];
    for (const timeZone of zones) {
      let reader: ICAL.Timezone | undefined;
      // Every 37 hours meets every hour of the day and both sides of every change.
      for (let at = Date.UTC(2026, 0, 1, 0, 30); at < Date.UTC(2028, 0, 1); at += 37 * HOUR_MS) {
        const { times, vtimezone } = writeTimes([new Date(at)], timeZone);
        const read = times[0]!;
        if (vtimezone) read.zone = reader ??= new ICAL.Timezone(vtimezone);
        if (read.toJSDate().getTime() !== at) wrong.push(`${timeZone} ${new Date(at).toISOString()}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('the zone of an entry', () => {
  it('is right for each, however many were written before it, in other years and at other offsets', () => {
    const times = ['2026-01-15T09:00:00Z', '2026-07-15T09:00:00Z', '2031-12-01T09:00:00Z', '2040-06-01T09:00:00Z'];
    const wall = { 'Europe/Berlin': ['10', '11', '10', '11'], 'America/New_York': ['04', '05', '04', '05'], UTC: [] };
    const alone = new Map<string, string | undefined>();
    for (const round of [1, 2]) {
      for (const [timeZone, hours] of Object.entries(wall)) {
        for (const [index, start] of times.entries()) {
          const text = written(start, timeZone);
          const read = readEvent(text);
          expect(read).toMatchObject({ start: new Date(start).toISOString(), tzid: hours[index] && timeZone });
          if (hours[index]) expect(read.startText).toBe(`${start.slice(0, 11)}${hours[index]}:00:00`);
          const block = /BEGIN:VTIMEZONE[^]*END:VTIMEZONE/.exec(text)?.[0];
          if (round === 1 && index === 0) alone.set(timeZone, block);
          expect(block).toBe(alone.get(timeZone));
        }
      }
    }
  });

  it('is read by its own rules, whatever ours are for that name', () => {
    const winter = entry({ start: new Date('2026-12-01T09:00:00Z'), end: new Date('2026-12-01T09:30:00Z'), timeZone: 'Europe/Berlin' });
    const text = CalendarObject.create(winter).toString();
    const moved = { ...winter, start: new Date('2026-12-01T07:00:00Z'), end: new Date('2026-12-01T07:30:00Z') };
    const elsewhere = text.replace(/TZOFFSETTO:\+0100/g, 'TZOFFSETTO:+0300');
    const saying = (ics: string) => [winter, moved].map((one) => CalendarObject.parse(ics)?.says(one));
    expect([saying(text), saying(elsewhere)]).toEqual([[true, false], [false, true]]);
  });

  it('comes along as VTIMEZONE under the name that the times refer to', () => {
    const { calendar } = readEvent(written('2026-06-01T08:00:00Z', 'Europe/Berlin'));
    expect(calendar.getAllSubcomponents('vtimezone').map((zone) => zone.getFirstPropertyValue('tzid'))).toEqual(['Europe/Berlin']);
  });

  it('is defined under the very name that the times refer to, for every zone Node knows, also for other names of one', () => {
    const undefinedZones = [...Intl.supportedValuesOf('timeZone'), 'Asia/Calcutta', 'Europe/Stockholm', 'US/Pacific', 'UTC', 'Zulu'].filter((timeZone) => {
      const { calendar, tzid } = readEvent(written('2026-06-01T08:00:00Z', timeZone));
      const defined = calendar.getAllSubcomponents('vtimezone').map((zone) => zone.getFirstPropertyValue('tzid'));
      return tzid === undefined ? defined.length > 0 : !defined.includes(tzid);
    });
    expect(undefinedZones).toEqual([]);
  });

  it.each(['UTC', 'Etc/UTC', 'Zulu', 'europe/berlin'])('%s, which has no VTIMEZONE of its own, leads to times in UTC', (timeZone) => {
    expect(readEvent(written('2026-06-01T08:00:00Z', timeZone))).toMatchObject({ start: '2026-06-01T08:00:00.000Z', tzid: undefined });
  });
});
