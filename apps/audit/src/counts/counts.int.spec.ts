import { createEvent, EXAMPLES } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Answer, type AuditFixture, AUDITOR, GUEST, startAudit } from '../testing/audit.test-kit.js';
import { tellStory } from '../testing/story.test-kit.js';
import type { CountsAnswer } from './counts.controller.js';
import { EntryCounter } from './entry.counter.js';

let audit: AuditFixture;
beforeAll(async () => {
  // Here the test says when entries are counted, and not the clock.
  vi.spyOn(EntryCounter.prototype, 'onApplicationBootstrap').mockImplementation(() => undefined);
  audit = await startAudit();
  await audit.publish([...tellStory('acme').all, ...tellStory('guest').all, createEvent({ site: 'acme', type: 'order.paid', data: EXAMPLES['order.paid'] })]);
  await audit.recorded(9);
  await audit.get('/v1/entries', AUDITOR);
});
afterAll(async () => {
  await audit.stop();
  vi.restoreAllMocks();
});

const counts = (query = '', key = AUDITOR): Promise<Answer<CountsAnswer>> => audit.get<CountsAnswer>(`/v1/counts${query}`, key);
const sums = ({ body }: Answer<CountsAnswer>): [string | null, number][] => body.counts.map(({ of = null, entries }) => [of, entries]);

/** What it says has to be the same whether entries were counted before, or are with the question. */
describe.each(['with the question', 'before'])('entries counted %s', (when) => {
  beforeAll(async () => {
    if (when === 'before') await audit.app.get(EntryCounter).count();
    const [counter] = await audit.superuser.query<{ position: string }>('SELECT position FROM entry_counter');
    expect(Number(counter?.position) > 0).toBe(when === 'before');
  });

  it('are summed by day and hour, without what auditors looked at', async () => {
    const [byDay, byHour] = [await counts(), await counts('?by=hour')];
    const total = ({ body }: Answer<CountsAnswer>): number => body.counts.reduce((sum, { entries }) => sum + entries, 0);
    expect([total(byDay), total(byHour), byDay.body.position]).toEqual([9, 9, 10]);
    expect(byDay.body.counts.every(({ at }) => at.endsWith('T00:00:00.000Z'))).toBe(true);
    expect(sums(await counts('?kind=access'))).toEqual([[null, 1]]);
  });

  it('are summed by group, and by any filter', async () => {
    const stored = await audit.superuser.query<{ type: string; n: number }>("SELECT type, count(*)::int AS n FROM entries WHERE kind <> 'access' AND site = 'acme' GROUP BY type ORDER BY type");
    expect(sums(await counts('?group=type&site=acme'))).toEqual(stored.map(({ type, n }) => [type, n]));
    const outcomes = sums(await counts('?group=outcome&kind=outcome'));
    expect(outcomes.length).toBeGreaterThan(0);
    expect(sums(await counts('?group=outcome&kind=event'))).toEqual([[null, expect.any(Number)]]);
    expect(sums(await counts('?group=type&type=order.paid'))).toEqual([['order.paid', 1]]);
  });

  it('are those of the sites that the auditor sees', async () => {
    expect((await counts('', GUEST)).body.counts).toEqual((await counts('?site=guest')).body.counts);
    expect((await counts('?site=acme', GUEST)).status).toBe(403);
  });
});

describe('counting', () => {
  it('counts every entry once, whoever counts and how often', async () => {
    const replica = await audit.replica();
    await Promise.all([replica, audit.app].flatMap((app) => [1, 2, 3].map(() => app.get(EntryCounter).count())));
    await replica.close();
    const [row] = await audit.superuser.query<{ counted: string; stored: string }>('SELECT (SELECT sum(entries) FROM entry_counts) AS counted, (SELECT count(*) FROM entries) AS stored');
    expect(row?.counted).toBe(row?.stored);
  });

  it('is by the hour of acceptance in UTC', async () => {
    const [row] = await audit.app.get(Database).query<{ hour: number }>("SELECT utc_hour_of('019c0000-0000-7000-8000-000000000000') AS hour");
    expect(row?.hour).toBe(Math.floor(0x019c00000000 / 3_600_000));
  });

  it.each([
    ['?by=hour&from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z', '/from', /at most 400 hours before "to", not 1416; count by day, or ask for less/],
    ['?from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', '/from', /at most 400 days/],
    ['?from=2026-03-01T00:00:00Z&to=2026-01-01T00:00:00Z', '/to', /after "from"/],
    ['?by=week', '/by', /day or hour/],
    ['?person=7b0fdd4e-6f7c-4f0e-9d5e-0a3c1f6f2f0e', '/person', /not a parameter/],
  ])('says what is wrong with %s', async (query, pointer, message) => {
    expect(await counts(query)).toMatchObject({ status: 400, body: { code: 'query-invalid', errors: [{ pointer, message: expect.stringMatching(message) as string }] } });
  });
});
