import ICAL from 'ical.js';
import type { TimeRange } from '../../calendar.provider.js';

/** A rule without an end would otherwise be followed for ever. */
const MAX_OCCURRENCES = 10_000;

/** When the events of these calendar objects take up time within the range, merged and in order. */
export function busyTimes(objects: readonly string[], range: TimeRange): TimeRange[] {
  const busy = objects.flatMap((text) => occurrences(text, range));
  return merge(busy.map(({ start, end }) => ({ start: later(start, range.start), end: earlier(end, range.end) })));
}

/** ical.js names this type and does not export it. */
interface Occurrence {
  item: ICAL.Event;
  startDate: ICAL.Time;
  endDate: ICAL.Time;
}

function occurrences(text: string, range: TimeRange): TimeRange[] {
  const components = ICAL.Component.fromString(text).getAllSubcomponents('vevent');
  const masters = components.filter((component) => !component.hasProperty('recurrence-id'));
  const exceptions = components.filter((component) => component.hasProperty('recurrence-id'));
  return masters.filter(takesTime).flatMap((master) => {
    const event = new ICAL.Event(master, { exceptions });
    if (!event.isRecurring()) return within([{ start: event.startDate.toJSDate(), end: event.endDate.toJSDate() }], range);
    const found: TimeRange[] = [];
    const iterator = event.iterator();
    for (let count = 0; count < MAX_OCCURRENCES; count += 1) {
      // Its types leave out that a rule may come to its end.
      const next = iterator.next() as ICAL.Time | undefined;
      if (!next || next.toJSDate() >= range.end) break;
      const { item, startDate, endDate } = event.getOccurrenceDetails(next) as Occurrence;
      if (takesTime(item.component)) found.push({ start: startDate.toJSDate(), end: endDate.toJSDate() });
    }
    return within(found, range);
  });
}

function takesTime(event: ICAL.Component): boolean {
  return event.getFirstPropertyValue('transp') !== 'TRANSPARENT' && event.getFirstPropertyValue('status') !== 'CANCELLED';
}

function within(times: readonly TimeRange[], range: TimeRange): TimeRange[] {
  return times.filter(({ start, end }) => start < range.end && end > range.start);
}

function merge(times: readonly TimeRange[]): TimeRange[] {
  const merged: TimeRange[] = [];
  for (const time of times.toSorted((a, b) => a.start.getTime() - b.start.getTime())) {
    const last = merged.at(-1);
    if (last && time.start <= last.end) last.end = later(last.end, time.end);
    else merged.push({ ...time });
  }
  return merged;
}

const later = (a: Date, b: Date): Date => (a > b ? a : b);
const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
