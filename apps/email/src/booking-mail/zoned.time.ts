import ICAL from 'ical.js';
import { tzlib_get_ical_block, tzlib_get_timezones } from 'timezones-ical-library';
import { dateFormat } from '../mail/intl.formats.js';

/** How an invitation writes instants: as the zone's wall-clock times with its VTIMEZONE, or in UTC. */
export interface ZonedTimes {
  /** iCalendar DATE-TIME values, with `Z` where there is no zone. */
  values: string[];
  zone?: { id: string; vtimezone: string };
}

const KNOWN = new Set(tzlib_get_timezones());
/** An hour nearly everywhere; half an hour on Lord Howe Island, two hours at Troll in Antarctica. */
const CLOCK_CHANGES_MS = [3_600_000, 1_800_000, 7_200_000];

/**
 * Wall-clock times, so that the reader's calendar shows what was agreed. A VTIMEZONE holds today's rules only, and
 * an autumn night has 02:30 twice; so every value is read back first, and where it would mean another instant, all
 * are written in UTC. The instant is always right.
 */
export function zonedTimes(instants: readonly Date[], timeZone: string): ZonedTimes {
  const known = zoneOf(timeZone);
  if (known !== undefined) {
    const { block, zone } = known;
    const values = instants.map((instant) => wallClock(instant, timeZone));
    const faithful = instants.every((instant, index) => means(values[index] ?? '', zone) === instant.getTime() && !isSecondPass(instant, timeZone));
    if (faithful) return { values, zone: { id: timeZone, vtimezone: block } };
  }
  return { values: instants.map(utcTime) };
}

/** Read once for each zone: there are a few hundred, and reading one takes longer than writing an invitation. */
const zones = new Map<string, { block: string; zone: ICAL.Timezone } | undefined>();

function zoneOf(timeZone: string): { block: string; zone: ICAL.Timezone } | undefined {
  if (!KNOWN.has(timeZone)) return undefined;
  if (!zones.has(timeZone)) {
    const block = zoneBlock(timeZone);
    zones.set(timeZone, block === undefined ? undefined : { block, zone: new ICAL.Timezone(ICAL.Component.fromString(block)) });
  }
  return zones.get(timeZone);
}

/**
 * For an alias the library answers the zone it stands for, under that one's name: Europe/Berlin for Europe/Stockholm.
 * Calendars refuse a TZID that nobody defines, so the VTIMEZONE takes the name we were given.
 */
function zoneBlock(timeZone: string): string | undefined {
  const [block = ''] = tzlib_get_ical_block(timeZone);
  const isUtc = /^TZID:Etc\/UTC$/m.test(block);
  return block === '' || isUtc ? undefined : block.replace(/^TZID:.*$/m, () => `TZID:${timeZone}`);
}

/** `20261025T003000Z` */
export function utcTime(instant: Date): string {
  return `${wallClock(instant, 'UTC')}Z`;
}

function wallClock(instant: Date, timeZone: string): string {
  const parts = dateFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(instant);
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  return `${of('year').padStart(4, '0')}${of('month')}${of('day')}T${of('hour')}${of('minute')}${of('second')}`;
}

function means(value: string, zone: ICAL.Timezone): number {
  const iso = value.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6');
  const time = ICAL.Time.fromDateTimeString(iso);
  time.zone = zone;
  return time.toJSDate().getTime();
}

function isSecondPass(instant: Date, timeZone: string): boolean {
  const shown = wallClock(instant, timeZone);
  return CLOCK_CHANGES_MS.some((change) => wallClock(new Date(instant.getTime() - change), timeZone) === shown);
}
