import { createEvent, type Envelope, EXAMPLES, MASK } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EntryWriter } from '../recording/entry.writer.js';
import { type Answer, type AuditFixture, AUDITOR, CLERK, startAudit } from '../testing/audit.test-kit.js';
import type { EntriesPage } from './entries.controller.js';
import type { FoundPerson } from './people.controller.js';

let audit: AuditFixture;
let first: Envelope<unknown>;
let second: Envelope<unknown>;

beforeAll(async () => {
  audit = await startAudit();
  const of = (email: string): Envelope<unknown> => createEvent({ site: 'acme', type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], person: { email } } });
  first = of('ann@example.com');
  second = of('Ann@Example.com');
  await audit.publish([first, of('bob@example.com'), second]);
  await audit.recorded(3);
});
afterAll(async () => {
  await audit.stop();
});

const accesses = async (): Promise<EntriesPage['entries']> => (await audit.get<EntriesPage>('/v1/entries?kind=access', AUDITOR)).body.entries;
const search = async (body: unknown, key = AUDITOR): Promise<Answer<FoundPerson>> => audit.post('/v1/people/search', body, key);

describe('looking at the log', () => {
  it('is an entry itself: who, what for, how much, and whether values were shown', async () => {
    await audit.get('/v1/entries?site=acme&type=lead.submitted', CLERK);
    await audit.get(`/v1/trace/${first.id}`, AUDITOR);
    const [trace, list] = await accesses();
    expect(list).toMatchObject({ type: 'audit.entries.read', actor: 'clerk', site: 'acme', data: { filter: { site: 'acme', type: 'lead.submitted' }, entries: 3, personalData: false } });
    expect(trace).toMatchObject({ type: 'audit.trace.read', actor: 'auditor', eventId: first.id, data: { personalData: true } });
  });

  it('is not in the way of what is looked for', async () => {
    const { entries } = (await audit.get<EntriesPage>('/v1/entries', AUDITOR)).body;
    expect(entries.map(({ kind }) => kind)).toEqual(['event', 'event', 'event']);
  });

  it('is refused when it cannot be written down', async () => {
    const append = vi.spyOn(audit.app.get(EntryWriter), 'append').mockRejectedValue(new Error('the disk is full'));
    const { status, body } = await audit.get<object>('/v1/entries', AUDITOR);
    append.mockRestore();
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('ann@');
  });
});

describe('POST /v1/people/search', () => {
  it('finds a person by their address, and from there everything about them', async () => {
    const { status, body } = await search({ site: 'acme', email: 'ANN@example.com' });
    expect(status).toBe(200);
    const { entries } = (await audit.get<EntriesPage>(`/v1/entries?person=${body.person}`, AUDITOR)).body;
    expect(entries.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect((await accesses()).find(({ type }) => type === 'audit.person.searched')).toMatchObject({ site: 'acme', data: { person: body.person } });
  });

  it('finds nobody at another site, and nobody who has been erased', async () => {
    const { body } = await search({ site: 'acme', email: 'bob@example.com' });
    expect((await search({ site: 'other', email: 'bob@example.com' })).status).toBe(404);
    await audit.role.query('DELETE FROM people WHERE pseudonym = $1', [body.person]);
    expect((await search({ site: 'acme', email: 'bob@example.com' })).status).toBe(404);
    const [entry] = (await audit.get<EntriesPage>(`/v1/entries?person=${body.person}`, AUDITOR)).body.entries;
    expect(entry).toMatchObject({ personalData: 'erased', data: { person: { email: MASK } } });
  });

  it('is for those who may see personal data, and never writes the address down', async () => {
    expect((await search({ site: 'acme', email: 'ann@example.com' }, CLERK)).status).toBe(403);
    const rows = await audit.superuser.query<{ leaf: string }>("SELECT leaf FROM entries WHERE kind = 'access'");
    expect(rows.map(({ leaf }) => leaf).join()).not.toMatch(/ann@|bob@/i);
  });

  it.each([{}, { site: 'acme' }, { site: 'acme', email: 'ann' }, { site: 'acme', email: 'ann@example.com', name: 'Ann' }])('says what is wrong with %j', async (body) => {
    expect(await search(body)).toMatchObject({ status: 400, body: { code: 'query-invalid' } });
  });
});
