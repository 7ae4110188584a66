import { occurrences, propertyValues } from './calendar.object.js';
import type { CalendarResource } from './calendar.store.js';
import { child, children, type XmlElement } from './dav-xml.reader.js';
import { caldav } from './dav-xml.writer.js';

export class QueryError extends Error {
  constructor(
    readonly precondition: 'valid-filter' | 'supported-filter',
    message: string,
  ) {
    super(message);
  }
}

/** Whether a resource passes a calendar-query's filter (RFC 4791 §9.7): components, time ranges, properties. */
export function passes(resource: CalendarResource, filter: XmlElement | undefined): boolean {
  const calendar = child(filter, caldav('comp-filter'));
  if (!calendar || calendar.attributes['name'] !== 'VCALENDAR') {
    throw new QueryError('valid-filter', 'A filter begins with a comp-filter for VCALENDAR.');
  }
  return children(calendar, caldav('comp-filter')).every((component) => passesComponent(resource, component));
}

function passesComponent(resource: CalendarResource, filter: XmlElement): boolean {
  const isEvent = filter.attributes['name'] === 'VEVENT';
  if (child(filter, caldav('is-not-defined'))) return !isEvent;
  if (!isEvent) return false;
  const range = child(filter, caldav('time-range'));
  if (range) {
    const { from, to } = timeRange(range);
    if (occurrences(resource.ics, from, to).length === 0) return false;
  }
  return children(filter, caldav('prop-filter')).every((property) => passesProperty(resource, property));
}

function passesProperty(resource: CalendarResource, filter: XmlElement): boolean {
  const values = propertyValues(resource.ics, filter.attributes['name'] ?? '');
  if (child(filter, caldav('is-not-defined'))) return values.length === 0;
  const match = child(filter, caldav('text-match'));
  if (!match) return values.length > 0;
  const exact = match.attributes['collation'] === 'i;octet';
  const fold = (value: string): string => (exact ? value : value.toLowerCase());
  const contains = values.some((value) => fold(value).includes(fold(match.text)));
  return match.attributes['negate-condition'] === 'yes' ? !contains : contains;
}

export function timeRange(range: XmlElement): { from: Date; to: Date } {
  const from = range.attributes['start'] ? utc(range.attributes['start']) : new Date(-8.64e15);
  const to = range.attributes['end'] ? utc(range.attributes['end']) : new Date(8.64e15);
  if (!(from < to)) throw new QueryError('valid-filter', 'A time-range needs UTC times, the start before the end.');
  return { from, to };
}

function utc(value: string): Date {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(value)?.slice(1).map(Number);
  if (!parts) throw new QueryError('valid-filter', `${value} is not a UTC time of iCalendar.`);
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

export function utcText(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '');
}
