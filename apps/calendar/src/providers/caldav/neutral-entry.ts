import ICAL from 'ical.js';

/** What says when something is, and that it is, and nothing of whom or what for. Everything else is erased, also what nobody here knows. */
const NEUTRAL = new Set([
  'uid', 'dtstamp', 'dtstart', 'dtend', 'duration', 'sequence', 'created', 'last-modified', 'status', 'transp', 'class',
  'rrule', 'rdate', 'exdate', 'recurrence-id', 'x-posthorn-event',
]);
const CALENDAR = new Set(['version', 'prodid', 'calscale']);
const PARAMETERS = new Set(['tzid', 'value', 'range']);

export function isNeutral(calendar: ICAL.Component, title: string): boolean {
  return partsOf(calendar).every(({ component, kept }) => propertiesOf(component).every((property) => isKept(property, kept) || isTitle(property, component, title))) && strangersIn(calendar).length === 0;
}

export function neutralise(calendar: ICAL.Component, title: string): void {
  for (const [holder, stranger] of strangersIn(calendar)) holder.removeSubcomponent(stranger);
  for (const { component, kept } of partsOf(calendar)) {
    for (const property of propertiesOf(component).filter((each) => !isKept(each, kept))) component.removeProperty(property);
    if (component.name === 'vevent') write(component, title);
  }
}

function write(event: ICAL.Component, title: string): void {
  const now = ICAL.Time.fromJSDate(new Date(), true);
  event.updatePropertyWithValue('summary', title);
  // Programs that cache the entry would keep the old one.
  event.updatePropertyWithValue('sequence', Number(event.getFirstPropertyValue('sequence') ?? 0) + 1);
  event.updatePropertyWithValue('dtstamp', now);
  event.updatePropertyWithValue('last-modified', now);
}

function partsOf(calendar: ICAL.Component): { component: ICAL.Component; kept: ReadonlySet<string> }[] {
  return [{ component: calendar, kept: CALENDAR }, ...calendar.getAllSubcomponents('vevent').map((component) => ({ component, kept: NEUTRAL }))];
}

/** Alarms have texts and addresses; what is neither an appointment nor a time zone has no place here. */
function strangersIn(calendar: ICAL.Component): [ICAL.Component, ICAL.Component][] {
  const known = ['vevent', 'vtimezone'];
  const beside = calendar.getAllSubcomponents().filter(({ name }) => !known.includes(name)).map((each): [ICAL.Component, ICAL.Component] => [calendar, each]);
  return [...beside, ...calendar.getAllSubcomponents('vevent').flatMap((event) => event.getAllSubcomponents().map((each): [ICAL.Component, ICAL.Component] => [event, each]))];
}

function isKept(property: ICAL.Property, kept: ReadonlySet<string>): boolean {
  return kept.has(property.name) && parametersOf(property).every((name) => PARAMETERS.has(name));
}

function isTitle(property: ICAL.Property, { name }: ICAL.Component, title: string): boolean {
  return name === 'vevent' && property.name === 'summary' && property.getFirstValue() === title && parametersOf(property).length === 0;
}

function parametersOf(property: ICAL.Property): string[] {
  return Object.keys((property.jCal as [string, Record<string, unknown>])[1]);
}

function propertiesOf(component: ICAL.Component): ICAL.Property[] {
  return component.getAllProperties();
}
