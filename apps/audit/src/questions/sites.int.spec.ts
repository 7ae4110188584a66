import { createEvent, EXAMPLES, type PosthornEvent } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuditFixture, AUDITOR, GUEST, startAudit } from '../testing/audit.test-kit.js';
import { type Story, tellStory } from '../testing/story.test-kit.js';
import { Auditor } from './auditor.js';
import type { EntriesPage } from './entries.controller.js';
import { EntryReader } from './entry.reader.js';
import type { Trace } from './trace.controller.js';

let audit: AuditFixture;
let guest: Story;
let shop: Story;
let elsewhere: PosthornEvent[];

beforeAll(async () => {
  audit = await startAudit();
  [guest, shop] = [tellStory('guest'), tellStory('guest-shop')];
  // Another site's events that an event of the guest's led to, and that belong to it.
  elsewhere = [{ causationid: guest.lead.id }, {}].map((cause) => createEvent({ site: 'acme', type: 'customer.updated', data: EXAMPLES['customer.updated'], correlationid: guest.lead.id, ...cause }));
  await audit.publish([...guest.all, ...shop.all, ...tellStory('acme').all, ...elsewhere]);
  await audit.recorded(14);
});
afterAll(async () => {
  await audit.stop();
});

const page = async (query: string, key = GUEST): Promise<EntriesPage> => (await audit.get<EntriesPage>(`/v1/entries${query}`, key)).body;
const ids = (stories: Story[]): string[] => stories.flatMap(({ all }) => all.map(({ id }) => id)).sort().reverse();

describe('an auditor of some sites', () => {
  it('sees the entries of these, in the order of time, whatever else they ask for', async () => {
    expect((await page('')).entries.map(({ id }) => id)).toEqual(ids([guest, shop]));
    expect((await page('?site=guest')).entries.map(({ id }) => id)).toEqual(ids([guest]));
    expect((await page('?type=lead.submitted')).entries.map(({ id }) => id)).toEqual([guest.lead.id, shop.lead.id].sort().reverse());
    expect((await page('?type=customer.updated')).entries).toEqual([]);
  });

  it('pages through them once', async () => {
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const answer: EntriesPage = await page(`?limit=3${next === '' ? '' : `&cursor=${next}`}`);
      seen.push(...answer.entries.map(({ id }) => id));
      next = answer.next;
    }
    expect(seen).toEqual(ids([guest, shop]));
  });

  it('is told that another site is not theirs', async () => {
    expect(await audit.get('/v1/entries?site=acme', GUEST)).toMatchObject({ status: 403, body: { code: 'site-not-granted' } });
    expect(await audit.get('/v1/books?site=acme', GUEST)).toMatchObject({ status: 403, body: { code: 'site-not-granted' } });
    expect(await audit.post('/v1/people/search', { site: 'acme', email: 'jane.roe@example.com' }, GUEST)).toMatchObject({ status: 403, body: { code: 'site-not-granted' } });
    expect(await audit.get('/tile/entries/000', GUEST)).toMatchObject({ status: 403, body: { code: 'export-not-granted' } });
  });

  it('follows an event as far as their sites go', async () => {
    const trace = async (key: string): Promise<Trace> => (await audit.get<Trace>(`/v1/trace/${guest.lead.id}`, key)).body;
    const whole = await trace(AUDITOR);
    expect([whole.steps.length, whole.related.length]).toEqual([5, 1]);
    const theirs = await trace(GUEST);
    expect(theirs.steps.map(({ site }) => site)).toEqual(['guest', 'guest', 'guest', 'guest']);
    expect(theirs.related).toEqual([]);
  });

  it('sees who looked at these sites, and not who looked at others or at all', async () => {
    await page('?site=guest', AUDITOR);
    await page('?site=acme', AUDITOR);
    await page('', AUDITOR);
    const { entries } = await page('?kind=access&actor=auditor');
    expect(entries.map(({ site }) => site)).toEqual(['guest', 'guest']); // the other one is the trace
    const [own] = (await page('?kind=access&actor=guest&limit=1', AUDITOR)).entries;
    expect(own).toMatchObject({ data: { sites: ['guest', 'guest-shop'], personalData: true } });
  });
});

describe('a page of several sites', () => {
  it('reads a page of each from its index, however long the log is', async () => {
    await audit.superuser.query(`
      INSERT INTO entries (position, id, kind, site, type, correlation, recorded_at, leaf)
      SELECT 1000 + n, ('0190' || lpad(to_hex(n), 4, '0') || '-0000-7000-8000-000000000000')::uuid, 'event', CASE WHEN n % 2000 = 0 THEN 'guest' ELSE 'acme' END, 'order.paid', 'c', now(), '{}' FROM generate_series(1, 20000) n`);
    await audit.superuser.query('ANALYZE entries');
    const query = vi.spyOn(audit.app.get(Database), 'query');
    const grants = [{ sites: ['guest', 'guest-shop'], scopes: [] }];
    await audit.app.get(EntryReader).page(new Auditor({ id: 'guest', scopes: [], grants }), {}, 5);
    const [statement, params] = query.mock.calls[0]!;
    query.mockRestore();
    const plan = await audit.superuser.query<object>(`EXPLAIN (ANALYZE, FORMAT JSON) ${statement as string}`, params);
    const rows = [...JSON.stringify(plan).matchAll(/"(?:Actual Rows|Rows Removed by Filter)":([\d.]+)/g)].map(([, n]) => Number(n));
    expect(rows.length).toBeGreaterThan(5);
    expect(Math.max(...rows)).toBeLessThan(20);
  });
});
