import ICAL from 'ical.js';
import { tzlib_get_ical_block, tzlib_get_timezones } from 'timezones-ical-library';

/** How an instant is written: as wall-clock time with its zone, or in UTC where no zone can be trusted with it. */
export interface WrittenTimes {
  times: ICAL.Time[];
  vtimezone?: ICAL.Component;
  tzid?: string;
}

const KNOWN = new Set(tzlib_get_timezones() as string[]);

/**
 * Writes instants as local times of the zone, so that a calendar program shows what the person agreed to and
 * keeps it through a change of the rules. The VTIMEZONE that goes with them is read back first: where it would
 * lead to another instant than the one meant (the second 02:30 of an autumn night; zones whose rules do not fit
 * an RRULE), all are written in UTC instead. The instant is always right.
 */
export function writeTimes(instants: readonly Date[], timeZone: string): WrittenTimes {
  const zone = zoneOf(timeZone);
  if (zone) {
    const times = instants.map((instant) => localTime(instant, zone.clock));
    const faithful = times.every((time, index) => readAs(time, zone.rules) === instants[index]?.getTime() && !isSecondPass(instants[index], zone.clock));
    if (faithful) return { times, vtimezone: new ICAL.Component(zone.vtimezone), tzid: timeZone };
  }
  return { times: instants.map((instant) => ICAL.Time.fromJSDate(instant, true)) };
}

/** The instant of a time that was read, by its own VTIMEZONE. */
export function instantOf(time: ICAL.Time): number {
  const rules = rulesLike(time.zone);
  return rules ? readAs(time, rules) : time.toJSDate().getTime();
}

interface Zone {
  /** The VTIMEZONE as jCal, which all entries of the zone share: nobody changes what is in a VTIMEZONE. */
  vtimezone: unknown[];
  /** To recognise it. */
  text: string;
  /** What a reader makes of it. */
  rules: ICAL.Timezone;
  /** What the clock on the wall shows, from Node's own time zone data: a second opinion. */
  clock: Intl.DateTimeFormat;
}

/** Making a zone ready costs a thousand times more than using it. There are only as many as the library knows. */
const ready = new Map<string, Zone | undefined>();

function zoneOf(timeZone: string): Zone | undefined {
  // UTC is in it too, as a zone that has none: to find that out takes as long.
  if (ready.has(timeZone) || !KNOWN.has(timeZone)) return ready.get(timeZone);
  const zone = zoneFrom(zoneBlock(timeZone), timeZone);
  ready.set(timeZone, zone);
  return zone;
}

function zoneFrom(block: string | undefined, timeZone: string): Zone | undefined {
  if (!block) return undefined;
  const vtimezone = ICAL.parse(block) as unknown[];
  return { vtimezone, text: JSON.stringify(vtimezone), rules: new ICAL.Timezone(ICAL.Component.fromString(block)), clock: clockOf(timeZone) };
}

/** Ours, where a VTIMEZONE that was read is the one we write: to follow another's rules from their first year on takes a thousand times longer. */
function rulesLike(read: { tzid: string; component?: ICAL.Component | null } | null | undefined): ICAL.Timezone | undefined {
  if (!read?.component) return undefined;
  const zone = zoneOf(read.tzid);
  return zone && JSON.stringify(read.component.jCal) === zone.text ? zone.rules : undefined;
}

/**
 * For an alias the library answers the zone it stands for, under that one's name: Europe/Berlin for Europe/Stockholm.
 * Times that refer to a TZID nobody defines are refused, so the VTIMEZONE takes the name we were given.
 */
function zoneBlock(timeZone: string): string | undefined {
  const [block = ''] = tzlib_get_ical_block(timeZone) as string[];
  const isUtc = /^TZID:Etc\/UTC$/m.test(block);
  return block === '' || isUtc ? undefined : block.replace(/^TZID:.*$/m, () => `TZID:${timeZone}`);
}

function localTime(instant: Date, clock: Intl.DateTimeFormat): ICAL.Time {
  return ICAL.Time.fromData({ ...wallClock(instant, clock), isDate: false });
}

function readAs(time: ICAL.Time, rules: ICAL.Timezone): number {
  const zoned = time.clone();
  zoned.zone = rules;
  return zoned.toJSDate().getTime();
}

/** RFC 5545 takes a local time that happens twice as the first of the two, whatever a reader may do. */
function isSecondPass(instant: Date | undefined, clock: Intl.DateTimeFormat): boolean {
  if (!instant) return false;
  const shown = clock.format(instant);
  return CLOCK_SHIFTS_MS.some((shift) => clock.format(instant.getTime() - shift) === shown);
}

/** An hour nearly everywhere; half an hour on Lord Howe Island, two hours at Troll in Antarctica. */
const CLOCK_SHIFTS_MS = [3_600_000, 1_800_000, 7_200_000];

type WallClock = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;

function clockOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}

function wallClock(instant: Date, clock: Intl.DateTimeFormat): WallClock {
  const parts = clock.formatToParts(instant);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return { year: of('year'), month: of('month'), day: of('day'), hour: of('hour'), minute: of('minute'), second: of('second') };
}
