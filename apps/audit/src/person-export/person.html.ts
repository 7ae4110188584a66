import type { Became, ExportedEvent, ExportedPerson, PersonFormat } from './person.export.js';

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #1c1e21; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.05rem; margin: 0 } h2 time { font-weight: 400; color: #555; margin-right: .75rem }
  article { border-top: 1px solid #ccc; padding: 1rem 0; break-inside: avoid }
  table { border-collapse: collapse; width: 100%; margin: .5rem 0 } th, td { text-align: left; vertical-align: top; padding: .15rem .75rem .15rem 0; overflow-wrap: anywhere }
  th { font-weight: 400; color: #555; width: 13rem } td { white-space: pre-wrap } .became th { width: auto } .became :is(th, td):not(:nth-child(5)) { overflow-wrap: normal } footer, header p { color: #555 }`;

/** For people: one page that needs nothing else, runs nothing, and can be printed. */
export const PERSON_HTML: PersonFormat = {
  contentType: 'text/html; charset=utf-8',

  head({ site, email, pseudonym, since }: ExportedPerson, origin: string, at: Date): string {
    const title = `What ${site} was told about ${email}`;
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>
<header><h1>${escaped(title)}</h1>
<p>From the audit log ${escaped(origin)}, as of ${time(at.toISOString())}. The log has known the person since ${time(since.toISOString())}, as ${escaped(pseudonym)}.</p></header>
`;
  },

  events(events: readonly ExportedEvent[]): string {
    return events.map(article).join('');
  },

  end(count: number): string {
    return `<footer><p>${count === 1 ? 'One event' : `${count} events`}. This is the end of the export.</p></footer></body></html>\n`;
  },
};

function article({ id, type, acceptedAt, position, personalData, data, became }: ExportedEvent): string {
  const rows = fieldsOf(data).map(([name, value]) => row(name, value));
  const gone = personalData === 'erased' ? '<p>What was personal in it has been erased.</p>' : '';
  return `<article><h2>${time(acceptedAt)} ${escaped(type)}</h2>${gone}
<table>${rows.join('')}${row('event', `${id}, entry ${position} of the log`)}</table>${becameTable(became)}</article>
`;
}

function becameTable(became: readonly Became[]): string {
  if (became.length === 0) return '';
  const rows = became.map(({ service, connection, provider, action, state, at, externalId, error }) => {
    const where = `${connection}${provider === undefined ? '' : ` (${provider})`}`;
    return `<tr>${[service, where, action ?? '', state + (error === undefined ? '' : `: ${error.code}`), externalId ?? ''].map((cell) => `<td>${escaped(cell)}</td>`).join('')}<td>${time(at)}</td></tr>`;
  });
  return `<table class="became"><tr><th>service</th><th>where</th><th>what</th><th>state</th><th>known there as</th><th>when</th></tr>${rows.join('')}</table>`;
}

/** `person › email` and its value, for every value in the data. */
function fieldsOf(value: unknown, path: readonly string[] = []): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path.join(' › '), typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, child]) => fieldsOf(child, [...path, Array.isArray(value) ? String(Number(name) + 1) : name]));
}

const row = (name: string, value: string): string => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`;
const time = (iso: string): string => `<time datetime="${escaped(iso)}">${escaped(iso.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))}</time>`;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
