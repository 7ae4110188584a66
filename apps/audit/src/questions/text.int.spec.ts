import { createEvent, createOutcome, EXAMPLES, newId } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryOfEvent, entryOfOutcome } from '../recording/entry.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, AUDITOR, GUEST, startAudit } from '../testing/audit.test-kit.js';
import type { EntriesPage } from './entries.controller.js';

let audit: AuditFixture;
const refused = (site: string, message: string, note = '') =>
  entryOfOutcome(createOutcome({ site, type: 'crm.delivery.dead', correlationid: newId(), data: { service: 'crm-sync', connection: `${site}-hubspot`, state: 'dead', error: { code: 'CRM_REFUSED', message }, facts: { note, status: 429 } } }));

beforeAll(async () => {
  audit = await startAudit();
  const lead = createEvent({ site: 'acme', type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], message: 'Do you repair harpsichords?' } });
  await audit.app.get(EntryWriter).append([refused('acme', 'The portal says "no" to 50% of it'), refused('guest', 'Quota EXCEEDED (daily)', 'a_b'), refused('acme', 'Quota exceeded', 'axb'), entryOfEvent(lead)]);
});
afterAll(async () => {
  await audit.stop();
});

const messages = async (text: string, key = AUDITOR, more = ''): Promise<unknown[]> => {
  const { entries } = (await audit.get<EntriesPage>(`/v1/entries?text=${encodeURIComponent(text)}${more}`, key)).body;
  return entries.map(({ data }) => (data as { error?: { message: string } }).error?.message);
};

describe('entries with a text', () => {
  it.each([
    ['quota exceeded', ['Quota exceeded', 'Quota EXCEEDED (daily)']],
    ['EXCEEDED (daily)', ['Quota EXCEEDED (daily)']],
    ['says "no"', ['The portal says "no" to 50% of it']],
    ['50% of', ['The portal says "no" to 50% of it']],
    ['a_b', ['Quota EXCEEDED (daily)']],
    ['429', ['Quota exceeded', 'Quota EXCEEDED (daily)', 'The portal says "no" to 50% of it']],
    ['acme-hubspot', ['Quota exceeded', 'The portal says "no" to 50% of it']],
    ['message', []],
    ['.*', []],
  ])('are found by %s', async (text, found) => {
    expect(await messages(text.padEnd(3, '.'))).toEqual(found);
  });

  it('are not found by what is sealed, nor by the sealed bytes', async () => {
    expect(await messages('harpsichords')).toEqual([]);
    const [row] = await audit.superuser.query<{ sealed: string }>("SELECT leaf::json -> 'personal' ->> 'sealed' AS sealed FROM entries WHERE person IS NOT NULL");
    expect(await messages(row?.sealed.slice(4, 16) ?? '')).toEqual([]);
  });

  it('are those that pass the other filters, and that the auditor may see', async () => {
    expect(await messages('quota', AUDITOR, '&site=acme')).toEqual(['Quota exceeded']);
    expect(await messages('quota', GUEST)).toEqual(['Quota EXCEEDED (daily)']);
    expect(await messages('quota', AUDITOR, '&outcome=delivered')).toEqual([]);
  });

  it('are searched some thousands at a time, and page after page all of them', { timeout: 60_000 }, async () => {
    const many = Array.from({ length: 5_200 }, (_, n) => refused('acme', n === 100 ? 'A needle' : 'Hay'));
    await audit.app.get(EntryWriter).append(many);
    const first = (await audit.get<EntriesPage>('/v1/entries?text=needle', AUDITOR)).body;
    expect([first.entries.length, first.next]).toEqual([0, expect.any(String)]);
    const second = (await audit.get<EntriesPage>(`/v1/entries?text=needle&cursor=${first.next ?? ''}`, AUDITOR)).body;
    expect([second.entries.map(({ id }) => id), second.next]).toEqual([[many[100]?.envelope.id], null]);
  });

  it.each(['ab', 'ann@example.com'])('are not looked for by %s', async (text) => {
    expect(await audit.get(`/v1/entries?text=${text}`, AUDITOR)).toMatchObject({ status: 400, body: { errors: [{ pointer: '/text' }] } });
    expect(await audit.superuser.query('SELECT FROM entries WHERE leaf LIKE $1', [`%"text":"${text}"%`])).toEqual([]);
  });
});
