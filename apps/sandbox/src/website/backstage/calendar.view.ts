import { occurrences, type Occurrence } from '../../caldav/calendar.object.js';
import type { CalendarResource } from '../../caldav/calendar.store.js';

/** The calendar page shows the shop's own clock. */
export const SHOP_ZONE = 'Europe/Berlin';

const DAY_MS = 86_400_000;

export interface Entry extends Occurrence {
  /** The day in the shop's zone, `2026-11-24`. */
  day: string;
  from: string;
  to: string;
  anchor: string;
  href: string;
  changes: number;
}

export interface Month {
  /** `2026-11` */
  name: string;
  title: string;
  previous: string;
  next: string;
  weeks: { day: string; number: number; inMonth: boolean; entries: Entry[] }[][];
  entries: Entry[];
}

const dayFormat = new Intl.DateTimeFormat('en-CA', { timeZone: SHOP_ZONE, dateStyle: 'short' });
const timeFormat = new Intl.DateTimeFormat('en-GB', { timeZone: SHOP_ZONE, hour: '2-digit', minute: '2-digit' });
const longFormat = new Intl.DateTimeFormat('en-GB', { timeZone: SHOP_ZONE, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

export function dayAndTime(start: Date, end: Date): string {
  return `${longFormat.format(start)}, ${timeFormat.format(start)}–${timeFormat.format(end)} (${SHOP_ZONE})`;
}

export function dayOf(instant: Date): string {
  return dayFormat.format(instant);
}

export function longDay(day: string): string {
  return longFormat.format(new Date(`${day}T12:00:00Z`));
}

/** The month as weeks from Monday to Sunday, with what is in them. */
export function monthOf(name: string, resources: CalendarResource[]): Month {
  const first = new Date(`${name}-01T12:00:00Z`);
  const shift = (months: number): string => new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + months, 1)).toISOString().slice(0, 7);
  const start = first.getTime() - ((first.getUTCDay() + 6) % 7) * DAY_MS;
  const entries = entriesOf(resources, new Date(start - DAY_MS), new Date(start + 44 * DAY_MS));
  const days = Array.from({ length: 42 }, (_, index) => new Date(start + index * DAY_MS).toISOString().slice(0, 10));
  const cells = days.map((day) => ({ day, number: Number(day.slice(8)), inMonth: day.startsWith(name), entries: entries.filter((entry) => entry.day === day) }));
  const weeks = Array.from({ length: 6 }, (_, week) => cells.slice(week * 7, week * 7 + 7)).filter((week) => week.some(({ inMonth }) => inMonth));
  const title = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(first);
  return { name, title, previous: shift(-1), next: shift(1), weeks, entries: entries.filter(({ day }) => day.startsWith(name)) };
}

function entriesOf(resources: CalendarResource[], from: Date, to: Date): Entry[] {
  return resources
    .flatMap(({ ics, href, uid }) => occurrences(ics, from, to).map((one) => ({
      ...one,
      day: dayOf(one.start),
      from: timeFormat.format(one.start),
      to: timeFormat.format(one.end),
      anchor: `entry-${uid.replace(/[^\w-]/g, '_')}`,
      href,
      changes: one.sequence,
    })))
    .sort((a, b) => a.start.getTime() - b.start.getTime());
}
