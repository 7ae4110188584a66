export const DAV = 'DAV:';
export const CALDAV = 'urn:ietf:params:xml:ns:caldav';
export const CALENDAR_SERVER = 'http://calendarserver.org/ns/';
export const APPLE = 'http://apple.com/ns/ical/';

const PREFIXES: Record<string, string> = { [DAV]: 'D', [CALDAV]: 'C', [CALENDAR_SERVER]: 'CS', [APPLE]: 'A' };
const DECLARATIONS = Object.entries(PREFIXES).map(([uri, prefix]) => `xmlns:${prefix}="${uri}"`).join(' ');

export const dav = (local: string): string => `{${DAV}}${local}`;
export const caldav = (local: string): string => `{${CALDAV}}${local}`;

/** One element; `content` is markup already, so text goes through `text()` first. */
export function element(name: string, content = '', attributes = ''): string {
  const [, uri = '', local = ''] = /^\{(.*)\}(.*)$/.exec(name) ?? [];
  const prefix = PREFIXES[uri];
  const tag = prefix ? `${prefix}:${local}` : `X:${local}`;
  const declared = prefix ? attributes : ` xmlns:X="${text(uri)}"${attributes}`;
  return content === '' ? `<${tag}${declared}/>` : `<${tag}${declared}>${content}</${tag}>`;
}

export function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export function href(path: string): string {
  return element(dav('href'), text(path));
}

export function document(name: string, content: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n${element(name, content || ' ', ` ${DECLARATIONS}`)}\n`;
}

export interface PropertyAnswers {
  found: { name: string; content: string }[];
  missing: string[];
}

/** One `response` of a multistatus, with the properties that exist and those that do not. */
export function response(path: string, { found, missing }: PropertyAnswers): string {
  const propstat = (status: string, content: string): string =>
    element(dav('propstat'), element(dav('prop'), content) + element(dav('status'), `HTTP/1.1 ${status}`));
  const parts = [href(path)];
  if (found.length > 0 || missing.length === 0) {
    parts.push(propstat('200 OK', found.map(({ name, content }) => element(name, content)).join('')));
  }
  if (missing.length > 0) parts.push(propstat('404 Not Found', missing.map((name) => element(name)).join('')));
  return element(dav('response'), parts.join(''));
}

export function statusResponse(path: string, status: string): string {
  return element(dav('response'), href(path) + element(dav('status'), `HTTP/1.1 ${status}`));
}
