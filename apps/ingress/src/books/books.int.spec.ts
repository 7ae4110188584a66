import { acceptedAnswer, type AcceptedRow, type BookQuestion, BOOKS, bookIdsAnswer, bookIdsSubject } from '@posthorn/contracts';
import { firstIdAt, LEDGER_MIGRATIONS } from '@posthorn/ledger';
import { Inquiry } from '@posthorn/messaging';
import { Database, provisionSchema } from '@posthorn/persistence';
import { type TestDatabase, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lead, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { AcceptedCounts } from './accepted.counts.js';

const DAY_MS = 86_400_000;
const MIDNIGHT = Date.parse('2026-03-02T00:00:00.000Z');

let test: TestDatabase;
let ingress: TestIngress;
let database: Database;
let counts: AcceptedCounts;

beforeAll(async () => {
  const [made, nats] = await Promise.all([useDatabase(), useNats()]);
  test = made;
  await provisionIngress(test.adminUrl, nats.servers);
  ingress = await startIngress({ databaseUrl: test.urlFor('ingress'), servers: nats.servers });
  database = new Database({ url: test.urlFor('ingress'), schema: 'ingress', service: 'test' });
  await database.ready();
  counts = new AcceptedCounts(database);
  await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
});
beforeEach(async () => {
  for (const table of ['ledger', 'unrelayed', 'accepted_counts', 'accepted_lines']) await database.query(`DELETE FROM ${table}`);
});
afterAll(async () => {
  await ingress.stop();
  await database.close();
});

let made = 0;
const idAt = (ms: number): string => firstIdAt(ms).slice(0, 24) + (++made).toString(16).padStart(12, '0');

/** As the ledger does it, in the time of our choice. */
async function accept(where: Database, ms: number, events: { site?: string; type?: string }[]): Promise<void> {
  await where.query(
    `INSERT INTO ledger (id, site, type, subject, envelope, accepted_at)
     SELECT id, site, type, '', '{}', now() FROM unnest($1::uuid[], $2::text[], $3::text[]) AS e (id, site, type) ON CONFLICT DO NOTHING`,
    [events.map(() => idAt(ms)), events.map(({ site }) => site ?? 'acme'), events.map(({ type }) => type ?? 'lead.submitted')],
  );
}

async function rows(question: Partial<BookQuestion> = {}): Promise<AcceptedRow[]> {
  return (await counts.of({ from: '2026-03-01', until: '2026-03-02', ...question })).rows;
}

const row = (day: string, accepted: number, site = 'acme', type = 'lead.submitted'): AcceptedRow => ({ day, site, type, accepted });

describe('the books of ingress', () => {
  it('answer what was accepted over HTTP, repetitions not counted', async () => {
    await ingress.submit(lead());
    for (let twice = 0; twice < 2; twice += 1) await ingress.submit(lead(), { 'idempotency-key': 'the-same' });
    const inquiry = ingress.app.get(Inquiry);
    // Yesterday as well: midnight may have passed since.
    const [from, until] = [Date.now() - DAY_MS, Date.now()].map((ms) => new Date(ms).toISOString().slice(0, 10));
    const answer = acceptedAnswer.parse(await inquiry.ask(BOOKS.accepted, { from, until }));
    expect(answer).toMatchObject({ service: 'ingress', more: false });
    expect(answer.rows.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(2);
    const range = { from: firstIdAt(Date.now() - DAY_MS), until: firstIdAt(Date.now() + 1) };
    const { ids } = bookIdsAnswer.parse(await inquiry.ask(bookIdsSubject('ingress'), { ...range, site: 'acme', types: ['lead.submitted'] }));
    expect(ids).toHaveLength(2);
  });

  it('give an event to the UTC day of its id, to the millisecond, however late it is committed', async () => {
    await accept(database, MIDNIGHT - 1, [{}]);
    await accept(database, MIDNIGHT, [{}, {}]);
    await counts.rollUp();
    // Committed today, and so long after the roll-up has passed its day.
    await accept(database, MIDNIGHT - 1, [{}]);
    expect(await rows()).toEqual([row('2026-03-01', 2), row('2026-03-02', 2)]);
    await counts.rollUp();
    expect(await rows()).toEqual([row('2026-03-01', 2), row('2026-03-02', 2)]);
  });

  it('do not count what was rolled back', async () => {
    await database.transaction(async (tx) => {
      await tx.query("INSERT INTO ledger (id, site, type, subject, envelope, accepted_at) VALUES ($1, 'acme', 'lead.submitted', '', '{}', now())", [idAt(MIDNIGHT)]);
      throw new Error('on purpose');
    }).catch(() => undefined);
    expect(await rows()).toEqual([]);
  });

  it('are exact at every moment, while replicas accept and roll up side by side', async () => {
    const replicas = await Promise.all([1, 2, 3].map(async () => {
      const replica = new Database({ url: test.urlFor('ingress'), schema: 'ingress', service: 'replica' });
      await replica.ready();
      return replica;
    }));
    const sites = ['acme', 'other', 'third'];
    const work = { done: false };
    const readings = (async () => {
      const seen: boolean[] = [];
      while (!work.done) {
        const [reading] = await database.query<{ counted: string; accepted: string }>(
          'SELECT (SELECT coalesce(sum(accepted), 0) FROM (SELECT accepted FROM accepted_counts UNION ALL SELECT accepted FROM accepted_lines) AS t) AS counted, (SELECT count(*) FROM ledger) AS accepted',
        );
        seen.push(reading!.counted === reading!.accepted);
      }
      return seen;
    })();
    await Promise.all(replicas.map(async (replica, n) => {
      const own = new AcceptedCounts(replica);
      for (let turn = 0; turn < 40; turn += 1) {
        await accept(replica, MIDNIGHT + turn, sites.map((_, s) => ({ site: sites[(s + n + turn) % 3] })));
        if (turn % 3 === n) await own.rollUp();
      }
    }));
    work.done = true;
    const seen = await readings;
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every(Boolean)).toBe(true);
    expect(await rows()).toEqual(sites.map((site) => row('2026-03-02', 120, site)));
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it('survive a roll-up that is killed in the middle', async () => {
    await accept(database, MIDNIGHT, [{}, {}, {}]);
    const victim = new Database({ url: test.urlFor('ingress'), schema: 'ingress', service: 'victim' });
    await victim.ready();
    const killed = victim.transaction(async (tx) => {
      await new AcceptedCounts(tx as unknown as Database).rollUp();
      const [{ pid } = { pid: 0 }] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await database.query('SELECT pg_terminate_backend($1)', [pid]);
      await tx.query('SELECT 1');
    });
    await expect(killed).rejects.toThrow();
    expect(await rows()).toEqual([row('2026-03-02', 3)]);
    expect(await counts.rollUp()).toBe(1);
    expect(await rows()).toEqual([row('2026-03-02', 3)]);
    await victim.close();
  });

  it('are asked for by site, and in pages that never divide a day of a site', async () => {
    await accept(database, MIDNIGHT, [{ site: 'a' }, { site: 'b' }, { site: 'b', type: 'order.paid' }]);
    expect(await rows({ site: 'b' })).toEqual([row('2026-03-02', 1, 'b'), row('2026-03-02', 1, 'b', 'order.paid')]);
    expect(await rows({ after: { day: '2026-03-02', site: 'a' } })).toHaveLength(2);
    expect(await rows({ after: { day: '2026-03-02', site: 'b' } })).toEqual([]);
  });
});

describe('the first roll-up of a ledger that was there before', () => {
  it('counts what is in it', async () => {
    const old = await useDatabase();
    const provisioning = { admin: { url: old.adminUrl }, schema: 'ingress', role: 'ingress', access: 'read-write' } as const;
    await provisionSchema({ ...provisioning, migrations: LEDGER_MIGRATIONS });
    const before = new Database({ url: old.urlFor('ingress'), schema: 'ingress', service: 'before' });
    await before.ready();
    await accept(before, MIDNIGHT, [{}, {}]);
    await provisionIngress(old.adminUrl);
    await accept(before, MIDNIGHT, [{}]);
    expect((await new AcceptedCounts(before).of({ from: '2026-03-02', until: '2026-03-02' })).rows).toEqual([row('2026-03-02', 3)]);
    await before.close();
  });
});
