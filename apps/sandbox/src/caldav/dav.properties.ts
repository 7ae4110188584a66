import { element, href, text, dav, caldav, CALENDAR_SERVER, APPLE, type PropertyAnswers } from './dav-xml.writer.js';
import type { Calendar, CalendarResource } from './calendar.store.js';

export interface Places {
  root: string;
  principal: string;
  home: string;
  username: string;
}

/** What a path can be, for PROPFIND. */
export type Node =
  | { kind: 'root' }
  | { kind: 'principal' }
  | { kind: 'home' }
  | { kind: 'calendar'; calendar: Calendar }
  | { kind: 'resource'; resource: CalendarResource };

const REPORTS = ['calendar-query', 'calendar-multiget', 'free-busy-query'];
const PRIVILEGES = ['read', 'write', 'write-content', 'bind', 'unbind', 'read-current-user-privilege-set'];

/** The properties every node, and each kind of node, has; names in `{namespace}local` form. */
export function propertiesOf(node: Node, places: Places): Map<string, string> {
  const properties = new Map<string, string>([
    [dav('current-user-principal'), href(places.principal)],
    [dav('principal-collection-set'), href(`${places.root}principals/`)],
    [dav('owner'), href(places.principal)],
    [dav('current-user-privilege-set'), PRIVILEGES.map((name) => element(dav('privilege'), element(dav(name)))).join('')],
  ]);
  const add = (name: string, content: string): unknown => properties.set(name, content);
  const collection = element(dav('collection'));
  switch (node.kind) {
    case 'root':
      add(dav('resourcetype'), collection);
      add(dav('displayname'), 'Posthorn sandbox');
      break;
    case 'principal':
      add(dav('resourcetype'), collection + element(dav('principal')));
      add(dav('displayname'), text(places.username));
      add(dav('principal-URL'), href(places.principal));
      add(caldav('calendar-home-set'), href(places.home));
      add(caldav('calendar-user-address-set'), href(places.principal));
      break;
    case 'home':
      add(dav('resourcetype'), collection);
      add(dav('displayname'), 'Calendars');
      break;
    case 'calendar':
      calendarProperties(node.calendar, add, collection);
      break;
    case 'resource':
      add(dav('resourcetype'), '');
      add(dav('getetag'), text(node.resource.etag));
      add(dav('getcontenttype'), 'text/calendar; charset=utf-8; component=VEVENT');
      add(dav('getcontentlength'), String(Buffer.byteLength(node.resource.ics)));
      add(dav('getlastmodified'), new Date(node.resource.modifiedAt).toUTCString());
      break;
  }
  return properties;
}

function calendarProperties(calendar: Calendar, add: (name: string, content: string) => unknown, collection: string): void {
  add(dav('resourcetype'), collection + element(caldav('calendar')));
  add(dav('displayname'), text(calendar.name));
  add(caldav('calendar-description'), text(`${calendar.name} of the Posthorn sandbox`));
  add(caldav('supported-calendar-component-set'), element(caldav('comp'), '', ' name="VEVENT"'));
  add(caldav('supported-calendar-data'), element(caldav('calendar-data'), '', ' content-type="text/calendar" version="2.0"'));
  add(caldav('max-resource-size'), String(1024 * 1024));
  add(dav('supported-report-set'), REPORTS.map((name) => element(dav('supported-report'), element(dav('report'), element(caldav(name))))).join(''));
  add(`{${CALENDAR_SERVER}}getctag`, `"${calendar.revision}"`);
  add(`{${APPLE}}calendar-color`, '#2f6f4f');
}

/** Sorts what was asked for into what there is and what there is not. */
export function answers(properties: Map<string, string>, asked: string[] | 'all' | 'names'): PropertyAnswers {
  if (asked === 'all') return { found: [...properties].map(([name, content]) => ({ name, content })), missing: [] };
  if (asked === 'names') return { found: [...properties.keys()].map((name) => ({ name, content: '' })), missing: [] };
  const found = asked.flatMap((name) => {
    const content = properties.get(name);
    return content === undefined ? [] : [{ name, content }];
  });
  return { found, missing: asked.filter((name) => !properties.has(name)) };
}
