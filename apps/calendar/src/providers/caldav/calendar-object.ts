import ICAL from 'ical.js';
import type { CalendarEntry, NeutralEntry } from '../../calendar.provider.js';
import { isNeutral, neutralise } from './neutral-entry.js';
import { instantOf, writeTimes } from './time-zone.js';

/** Our own mark in the entry: which event it was last written for. */
const EVENT_PROPERTY = 'x-posthorn-event';

/** One iCalendar object of a CalDAV collection, as text to store and as facts to compare. */
export class CalendarObject {
  private constructor(private readonly calendar: ICAL.Component) {}

  /** Undefined for text that is not iCalendar: then there is nothing to keep of it. */
  static parse(text: string): CalendarObject | undefined {
    try {
      const calendar = ICAL.Component.fromString(text);
      return calendar.name === 'vcalendar' ? new CalendarObject(calendar) : undefined;
    } catch {
      return undefined;
    }
  }

  static create(entry: CalendarEntry | NeutralEntry): CalendarObject {
    const calendar = new ICAL.Component('vcalendar');
    calendar.updatePropertyWithValue('version', '2.0');
    calendar.updatePropertyWithValue('prodid', '-//Posthorn//Calendar//EN');
    const event = new ICAL.Component('vevent');
    event.updatePropertyWithValue('uid', entry.uid);
    event.updatePropertyWithValue('status', 'CONFIRMED');
    event.updatePropertyWithValue('transp', 'OPAQUE');
    event.updatePropertyWithValue('created', now());
    calendar.addSubcomponent(event);
    const object = new CalendarObject(calendar);
    object.write(event, entry, entry.sequence);
    return object;
  }

  /** Whether it already says what the entry says; what the calendar's owner added does not count. */
  says(entry: CalendarEntry): boolean {
    const event = this.event(entry.uid);
    if (!event) return false;
    const read = new ICAL.Event(event);
    return (
      event.getFirstPropertyValue('status') !== 'CANCELLED' &&
      isAt(read.startDate, entry.start) &&
      isAt(read.endDate, entry.end) &&
      textOf(event, 'summary') === entry.title &&
      textOf(event, 'location') === (entry.place ?? '') &&
      textOf(event, 'description') === (entry.description ?? '')
    );
  }

  holds(uid: string): boolean {
    return this.event(uid) !== undefined;
  }

  /** Whether it was written for an event that was accepted later. */
  isNewerThan(entry: CalendarEntry): boolean {
    const event = this.event(entry.uid);
    return event !== undefined && textOf(event, EVENT_PROPERTY) > entry.eventId;
  }

  /**
   * Brings the entry's facts in and leaves everything else as the owner of the calendar has it: alarms,
   * categories, colours. SEQUENCE rises, or programs that cache the entry would keep the old one.
   */
  change(entry: CalendarEntry): void {
    const event = this.event(entry.uid);
    if (!event) throw new TypeError('The calendar object holds no event of this UID');
    const previous = Number(event.getFirstPropertyValue('sequence') ?? 0);
    event.updatePropertyWithValue('status', 'CONFIRMED');
    this.write(event, entry, Math.max(entry.sequence, previous + 1));
  }

  /** Whether nothing is left in it that anybody wrote. */
  isNeutral({ uid, title }: NeutralEntry): boolean {
    return this.holds(uid) && isNeutral(this.calendar, title);
  }

  /** Erases everything but when it is, for all occurrences. */
  neutralise({ title }: NeutralEntry): void {
    neutralise(this.calendar, title);
  }

  toString(): string {
    return this.calendar.toString();
  }

  private write(event: ICAL.Component, entry: CalendarEntry, sequence: number): void {
    const { times, vtimezone, tzid } = writeTimes([entry.start, entry.end], entry.timeZone);
    const [start, end] = times;
    event.removeAllProperties('duration');
    replaceTime(event, 'dtstart', start, tzid);
    replaceTime(event, 'dtend', end, tzid);
    this.keepTimeZone(vtimezone, tzid);
    event.updatePropertyWithValue('sequence', sequence);
    event.updatePropertyWithValue('dtstamp', now());
    event.updatePropertyWithValue('last-modified', now());
    event.updatePropertyWithValue('summary', entry.title);
    replaceText(event, 'location', entry.place);
    replaceText(event, 'description', entry.description);
    event.updatePropertyWithValue(EVENT_PROPERTY, entry.eventId);
  }

  /** Zones that other properties still refer to stay; ours is renewed, because its rules may have changed. */
  private keepTimeZone(vtimezone: ICAL.Component | undefined, tzid: string | undefined): void {
    if (!vtimezone) return;
    for (const known of this.calendar.getAllSubcomponents('vtimezone')) {
      if (known.getFirstPropertyValue('tzid') === tzid) this.calendar.removeSubcomponent(known);
    }
    this.calendar.addSubcomponent(vtimezone);
  }

  private event(uid: string): ICAL.Component | undefined {
    return this.calendar.getAllSubcomponents('vevent').find((event) => event.getFirstPropertyValue('uid') === uid && !event.hasProperty('recurrence-id'));
  }
}

function replaceTime(event: ICAL.Component, name: string, time: ICAL.Time | undefined, tzid: string | undefined): void {
  event.removeAllProperties(name);
  const property = new ICAL.Property(name);
  if (tzid) property.setParameter('tzid', tzid);
  property.setValue(time);
  event.addProperty(property);
}

function replaceText(event: ICAL.Component, name: string, text: string | undefined): void {
  event.removeAllProperties(name);
  if (text) event.updatePropertyWithValue(name, text);
}

function textOf(event: ICAL.Component, name: string): string {
  const value: unknown = event.getFirstPropertyValue(name);
  return typeof value === 'string' ? value : '';
}

function isAt(time: ICAL.Time | null | undefined, instant: Date): boolean {
  return time ? instantOf(time) === instant.getTime() : false;
}

function now(): ICAL.Time {
  return ICAL.Time.fromJSDate(new Date(), true);
}
