import { createEvent, EXAMPLES, type PosthornEvent } from '@posthorn/contracts';
import { keySha256 } from '@posthorn/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { erasureOf, leadOf } from '../erasing/erasing.test-kit.js';
import { entryOfEvent, entryOfOutcome } from '../recording/entry.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, AUDITOR, CLERK, startAudit } from '../testing/audit.test-kit.js';
import { outcomeOf, tellStory } from '../testing/story.test-kit.js';
import type { ExportedEvent } from './person.export.js';

const READER = 'auditor-key-that-exports-nothing';
const KEYS = [
  { id: 'auditor', sha256: keySha256(AUDITOR), personalData: true, export: true },
  { id: 'clerk', sha256: keySha256(CLERK), personalData: false, export: true },
  { id: 'reader', sha256: keySha256(READER), personalData: true, export: false },
];

let audit: AuditFixture;
beforeAll(async () => {
  audit = await startAudit({}, { keys: KEYS });
});
afterAll(async () => {
  await audit.stop();
});

const record = (...events: PosthornEvent[]): Promise<number> => audit.app.get(EntryWriter).append(events.map(entryOfEvent));

interface Exported {
  log: string;
  person: { site: string; email: string; pseudonym: string };
  events: ExportedEvent[];
  count: number;
}

async function ask(email: string, { key = AUDITOR, format, accept = '*/*', site = 'acme' }: { key?: string; format?: string; accept?: string; site?: string } = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept };
  return fetch(`${await audit.app.getUrl()}/v1/people/export${format === undefined ? '' : `?format=${format}`}`, { method: 'POST', headers, body: JSON.stringify({ site, email }) });
}
const exported = async (email: string): Promise<Exported> => (await (await ask(email)).json()) as Exported;

describe('an export of a person', () => {
  it('has each of their events with its data, and what became of it where', async () => {
    const { lead, synced, deferred, sent } = tellStory();
    const order = createEvent({ site: 'acme', type: 'order.paid', data: EXAMPLES['order.paid'] });
    await record(lead, order, leadOf('somebody@example.com'), createEvent({ site: 'other', type: 'lead.submitted', data: EXAMPLES['lead.submitted'] }));
    await audit.app.get(EntryWriter).append([synced, deferred, sent].map(entryOfOutcome));
    const { person, events, count, log } = await exported('Jane.Roe@example.com');
    expect({ log, count, person }).toMatchObject({ log: 'acme.example/audit', count: 2, person: { site: 'acme', email: 'Jane.Roe@example.com' } });
    expect(events.map(({ id, data }) => ({ id, data }))).toEqual([lead, order].map(({ id, data }) => ({ id, data })));
    expect(events[0]).toMatchObject({ proof: `/v1/entries/${lead.id}/proof`, became: [{ service: 'crm-sync', connection: 'acme-hubspot', externalId: 'hubspot-90210', state: 'delivered' }, { service: 'email', connection: 'acme-mail', state: 'delivered', at: sent.time }] });
    expect(events[1]?.became).toEqual([]);
  });

  it('is as long as it has to be, in the order of the log', async () => {
    const leads = Array.from({ length: 700 }, () => leadOf('many@example.com'));
    await record(...leads.slice(0, 350));
    await record(...leads.slice(350));
    const { events, count } = await exported('many@example.com');
    expect(count).toBe(700);
    expect(events.map(({ id }) => id)).toEqual(leads.map(({ id }) => id));
  });

  it('has no part of what was erased', async () => {
    const lead = leadOf('gone@example.com');
    await record(lead, leadOf('gone@example.com'));
    await record(erasureOf([lead], { cause: 'retention' }));
    const { events } = await exported('gone@example.com');
    expect(events.map(({ personalData }) => personalData)).toEqual(['erased', 'shown']);
    await record(erasureOf([lead]));
    expect((await ask('gone@example.com')).status).toBe(404);
  });
});

describe('the page for people', () => {
  const HOSTILE = `<script>alert("1")</script> & 'more'`;

  it('is one page that runs nothing and shows what was typed, whatever was typed', async () => {
    const lead = createEvent({ site: 'acme', type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], person: { email: 'eve@example.com', name: HOSTILE }, message: 'one\ntwo' } });
    await record(lead);
    await audit.app.get(EntryWriter).append([entryOfOutcome(outcomeOf(lead, 'crm.contact.synced', { service: 'crm-sync', connection: 'acme-hubspot', action: 'sync-lead', state: 'delivered', externalId: '<b>9</b>' }))]);
    const answer = await ask('eve@example.com', { format: 'html' });
    const page = await answer.text();
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; style-src 'unsafe-inline'");
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;');
    expect(page).toContain('<tr><th>person › email</th><td>eve@example.com</td></tr>');
    expect(page).toContain('&lt;b&gt;9&lt;/b&gt;');
    expect(page).not.toMatch(/<script|<b>|src=|href=|onload/i);
    expect(page).toMatch(/One event\. This is the end of the export\.<\/p><\/footer><\/body><\/html>\n$/);
  });

  it('is what a browser is given', async () => {
    expect((await ask('eve@example.com', { accept: 'text/html,application/xhtml+xml' })).headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect((await ask('eve@example.com', { accept: 'text/html', format: 'json' })).headers.get('content-type')).toBe('application/json; charset=utf-8');
  });
});

describe('to export a person', () => {
  it.each([
    ['without personal data', CLERK, 'scope-missing'],
    ['without the right to export', READER, 'export-not-granted'],
  ])('is refused %s', async (_, key, code) => {
    const answer = await ask('eve@example.com', { key });
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status: 403, body: { code } });
  });

  it('is an entry of the log, which does not name the address', async () => {
    await (await ask('eve@example.com', { format: 'html' })).text();
    expect((await ask('nobody@example.com')).status).toBe(404);
    const { body } = await audit.get<{ entries: object[] }>('/v1/entries?kind=access&type=audit.person.exported', AUDITOR);
    expect(body.entries.slice(0, 2)).toMatchObject([{ data: { person: null, format: 'json' } }, { actor: 'auditor', site: 'acme', data: { person: expect.any(String) as string, format: 'html' } }]);
    expect(JSON.stringify(body)).not.toMatch(/eve@|nobody@/);
  });

  it.each([['?format=pdf', { site: 'acme', email: 'eve@example.com' }], ['', { site: 'acme' }], ['', { site: 'acme', email: 'eve@example.com', all: true }]])('says what is wrong with %s %j', async (query, body) => {
    expect(await audit.post(`/v1/people/export${query}`, body, AUDITOR)).toMatchObject({ status: 400, body: { code: 'query-invalid' } });
  });
});
