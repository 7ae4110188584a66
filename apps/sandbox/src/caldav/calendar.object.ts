import ICAL from 'ical.js';

/** Why a calendar object was refused, as the precondition element of RFC 4791 §5.3.2.1. */
export class CalendarObjectError extends Error {
  constructor(
    readonly precondition: 'valid-calendar-data' | 'valid-calendar-object-resource' | 'supported-calendar-component',
    message: string,
  ) {
    super(message);
  }
}

export interface Occurrence {
  start: Date;
  end: Date;
  summary: string;
  location: string;
  description: string;
  status: string;
  uid: string;
  sequence: number;
}

/** What ical.js answers, under a type name it does not export. */
interface OccurrenceDetails {
  item: ICAL.Event;
  startDate: ICAL.Time;
  endDate: ICAL.Time;
}

const MAX_OCCURRENCES = 1000;

/** Reads and checks an object that a client wants to store: one VCALENDAR with events of one UID. Returns the UID. */
export function checkCalendarObject(ics: string): string {
  const calendar = parse(ics);
  const refuse = (message: string): never => {
    throw new CalendarObjectError('valid-calendar-object-resource', message);
  };
  if (calendar.getFirstProperty('method')) refuse('A stored calendar object must not have a METHOD.');
  const other = calendar.getAllSubcomponents().find((part) => !['vevent', 'vtimezone'].includes(part.name));
  if (other) throw new CalendarObjectError('supported-calendar-component', `${other.name.toUpperCase()} is not kept here.`);
  const events = calendar.getAllSubcomponents('vevent');
  const uids = new Set(events.map((event) => event.getFirstPropertyValue('uid')));
  const [uid] = uids;
  if (uids.size !== 1 || typeof uid !== 'string' || uid === '') return refuse('All events must share one UID.');
  const zones = new Set(calendar.getAllSubcomponents('vtimezone').map((zone) => zone.getFirstPropertyValue('tzid')));
  for (const event of events) {
    for (const required of ['dtstart', 'dtstamp']) {
      if (!event.getFirstProperty(required)) refuse(`An event needs ${required.toUpperCase()}.`);
    }
    for (const property of event.getAllProperties()) {
      const zone = property.getFirstParameter('tzid');
      if (zone && !zones.has(zone)) refuse(`The time zone ${zone} is used but there is no VTIMEZONE for it.`);
    }
  }
  return uid;
}

/** Occurrences that touch [from, to), recurring ones expanded. */
export function occurrences(ics: string, from: Date, to: Date): Occurrence[] {
  const calendar = parse(ics);
  const events = calendar.getAllSubcomponents('vevent').map((component) => new ICAL.Event(component));
  const masters = events.filter((event) => !event.isRecurrenceException());
  const found = masters.flatMap((master) => {
    for (const exception of events) {
      if (exception.isRecurrenceException() && exception.uid === master.uid) master.relateException(exception);
    }
    return master.isRecurring() ? expand(master, to) : [one(master, master.startDate, master.endDate)];
  });
  return found.filter(({ start, end }) => start < to && (end > from || (end <= start && start >= from)));
}

function expand(event: ICAL.Event, to: Date): Occurrence[] {
  const found: Occurrence[] = [];
  const iterator = event.iterator();
  while (found.length < MAX_OCCURRENCES) {
    const next = iterator.next() as ICAL.Time | null | undefined;
    if (!next || next.toJSDate() >= to) break;
    const { item, startDate, endDate } = event.getOccurrenceDetails(next) as OccurrenceDetails;
    found.push(one(item, startDate, endDate));
  }
  return found;
}

function one(event: ICAL.Event, start: ICAL.Time, end: ICAL.Time): Occurrence {
  const value = (name: string): string => textOf(event.component, name);
  return {
    start: start.toJSDate(),
    end: end.toJSDate(),
    summary: value('summary'),
    location: value('location'),
    description: value('description'),
    status: value('status') || 'CONFIRMED',
    uid: value('uid'),
    sequence: Number(event.component.getFirstPropertyValue('sequence') ?? 0),
  };
}

function textOf(component: ICAL.Component, name: string): string {
  const value = component.getFirstPropertyValue(name);
  return typeof value === 'string' ? value : '';
}

/** Whether time of this object counts as busy: neither cancelled nor marked transparent. */
export function isBusy(ics: string): boolean {
  const event = parse(ics).getFirstSubcomponent('vevent');
  return event?.getFirstPropertyValue('status') !== 'CANCELLED' && event?.getFirstPropertyValue('transp') !== 'TRANSPARENT';
}

/** Values of a property of the first event, as text, for a prop-filter. */
export function propertyValues(ics: string, name: string): string[] {
  const event = parse(ics).getFirstSubcomponent('vevent');
  return (event?.getAllProperties(name.toLowerCase()) ?? []).map((property) => String(property.getFirstValue()));
}

function parse(ics: string): ICAL.Component {
  let component: ICAL.Component;
  try {
    const jcal = ICAL.parse(ics) as unknown[];
    component = new ICAL.Component(jcal);
  } catch (error) {
    throw new CalendarObjectError('valid-calendar-data', `This is not iCalendar: ${String(error)}`);
  }
  if (component.name !== 'vcalendar') throw new CalendarObjectError('valid-calendar-data', 'The object must be one VCALENDAR.');
  return component;
}
