import { Logger } from '@nestjs/common';
import type { PosthornEvent } from '@posthorn/contracts';
import { Metrics } from '@posthorn/observability';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AUDITOR, type AuditFixture, CLERK, startAudit } from '../testing/audit.test-kit.js';
import { BookFindings } from './book.findings.js';
import { Bookkeeper } from './bookkeeper.service.js';
import type { BooksAnswer } from './books.controller.js';
import { BooksWorld, Clock, eventAt, type Keeper } from './books.test-kit.js';
import { RecordedCounts } from './recorded.counts.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const WINDOW = MINUTE;

interface Said {
  type: string;
  site: string;
  data: { state: string; events?: string[]; facts: Record<string, unknown>; error?: { code: string } };
}

let audit: AuditFixture;
let world: BooksWorld;
let clock: Clock;
let email: Keeper;
let crm: Keeper;
let keeper: Bookkeeper;

beforeAll(async () => {
  Logger.overrideLogger(false);
  clock = new Clock();
  // Rounds are called for: the clock of these tests is not the machine's.
  audit = await startAudit({ books: { everyMs: 10 * SECOND, windowMs: WINDOW, closeAfterMs: 10 * MINUTE, waitMs: SECOND, now: clock.now } });
  world = await BooksWorld.start(audit.servers.nats, clock.now);
  email = await world.service('email', ['lead.submitted']);
  crm = await world.service('crm-sync', ['lead.submitted', 'order.paid']);
  keeper = audit.app.get(Bookkeeper);
  await keeper.onModuleDestroy();
});
afterAll(async () => {
  await world.close();
  await audit.stop();
});
beforeEach(async () => {
  for (const table of ['books', 'book_closings', 'book_services', 'recorded_counts', 'entries', 'unrelayed', 'ledger']) await audit.superuser.query(`DELETE FROM ${table}`);
  await audit.superuser.query('UPDATE book_keeper SET position = 0');
  for (const one of [world.ingress, email, crm]) {
    one.events.clear();
    one.states.clear();
    Object.assign(one, { away: false, onePerPage: false, since: undefined });
  }
  clock.set(clock.midnight - 12 * 60 * MINUTE);
});

/** Accepted and with everybody, in the log as well. */
async function accept(events: PosthornEvent[], except: Keeper[] = []): Promise<void> {
  const before = await audit.count();
  world.accept(events, except);
  await audit.publish(events);
  await audit.recorded(before + events.length);
}

/** As time goes by, with its rounds: whoever is not asked for half a minute counts as away. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 25 * SECOND) {
    clock.pass(Math.min(left, 25 * SECOND));
    await keeper.keep();
  }
}

async function books(query = ''): Promise<BooksAnswer> {
  const { status, body } = await audit.get<BooksAnswer>(`/v1/books?from=${clock.day}${query}`, CLERK);
  expect(status).toBe(200);
  return body;
}

async function bookOf(service: string, day = clock.day) {
  return (await books()).books.find((book) => book.service === service && book.day === day);
}

/** What audit has said about the books, from its own outbox. */
async function said(type: string): Promise<Said[]> {
  const rows = await audit.superuser.query<{ envelope: string }>('SELECT envelope FROM ledger WHERE type = $1 ORDER BY id', [`audit.books.${type}`]);
  return rows.map(({ envelope }) => JSON.parse(envelope) as Said);
}

const some = (count: number, of: Parameters<typeof eventAt>[1] = {}, ms = clock.now().getTime() - SECOND): PosthornEvent[] => Array.from({ length: count }, () => eventAt(ms, of));

describe('the books', () => {
  it('balance for every service, the log among them: each has what it takes of what was accepted', async () => {
    const leads = some(5);
    await accept([...leads, ...some(3, { type: 'order.paid' }), ...some(2, { site: 'other' })]);
    crm.states.set(leads[0]!.id, 'dead').set(leads[1]!.id, 'held');
    email.states.set(leads[2]!.id, 'skipped');
    await keeper.keep();
    const { balanced, totals, books: each } = await books();
    expect(balanced).toBe(true);
    expect(totals).toMatchObject([
      { service: 'audit', accepted: 10, delivered: 10, missing: 0 },
      { service: 'crm-sync', accepted: 10, delivered: 8, dead: 1, held: 1, missing: 0 },
      { service: 'email', accepted: 7, delivered: 6, skipped: 1, missing: 0 },
    ]);
    expect(each).toHaveLength(6);
    expect((await books('&site=other&service=email')).books).toMatchObject([{ site: 'other', accepted: 2, delivered: 2, balanced: true, stale: false, differs: false }]);
  });

  it('give each event to the UTC day of its acceptance, also one that arrives days late', async () => {
    await accept([eventAt(clock.midnight - 1), eventAt(clock.midnight)]);
    clock.set(clock.midnight + MINUTE);
    await keeper.keep();
    expect([(await bookOf('email'))?.accepted, (await bookOf('email', '9999-01-01'))?.accepted]).toEqual([1, undefined]);
    await accept([eventAt(clock.midnight - 1)]);
    await keeper.keep();
    expect((await books()).books.filter(({ service }) => service === 'audit').map(({ accepted, delivered }) => [accepted, delivered])).toEqual([[1, 1], [2, 2]]);
    expect((await books()).balanced).toBe(true);
  });

  it('ask for what does not fit into one answer', async () => {
    Object.assign(crm, { onePerPage: true });
    Object.assign(world.ingress, { onePerPage: true });
    await accept(['a', 'b', 'c', 'd'].flatMap((site) => some(2, { site })));
    await keeper.keep();
    expect((await books()).totals.map(({ service, accepted, delivered }) => [service, accepted, delivered])).toEqual([['audit', 8, 8], ['crm-sync', 8, 8], ['email', 8, 8]]);
  });

  it('of a new service begin with the first whole day that is its own', async () => {
    email.since = new Date(clock.midnight - 6 * 60 * MINUTE).toISOString();
    await accept([...some(2), eventAt(clock.midnight + 1)], [email]);
    email.take([eventAt(clock.midnight + 1)]);
    clock.set(clock.midnight + MINUTE);
    await keeper.keep();
    expect((await books('&service=email')).books).toMatchObject([{ accepted: 1, delivered: 1, balanced: true }]);
  });

  it('hold nothing against a service that a release has taught a new type, or that takes one no more', async () => {
    await accept([...some(2), ...some(3, { type: 'order.paid' })]);
    await keeper.keep();
    email.types = ['lead.submitted', 'order.paid'];
    crm.types = ['lead.submitted'];
    await accept(some(4, { type: 'order.paid' }));
    await pass(2 * WINDOW);
    expect(await bookOf('email')).toMatchObject({ accepted: 2, delivered: 2, balanced: true });
    expect(await bookOf('crm-sync')).toMatchObject({ accepted: 2, delivered: 2, balanced: true });
    clock.set(clock.midnight + MINUTE);
    await accept([eventAt(clock.midnight, { type: 'order.paid' })]);
    await keeper.keep();
    expect((await audit.get<BooksAnswer>('/v1/books?service=email', AUDITOR)).body.books).toMatchObject([{ accepted: 1, delivered: 1 }]);
    [email.types, crm.types] = [['lead.submitted'], ['lead.submitted', 'order.paid']];
    expect(await said('differ')).toEqual([]);
  });

  it('count the log once, whoever counts it and however often', async () => {
    await accept(some(50));
    const other = await audit.replica();
    await Promise.all([audit.app.get(RecordedCounts).count(), other.get(RecordedCounts).count(), audit.app.get(RecordedCounts).count()]);
    await other.close();
    const [row] = await audit.superuser.query<{ events: string }>('SELECT sum(events) AS events FROM recorded_counts');
    expect(row?.events).toBe('50');
  });

  it('are not kept while ingress does not answer: the last ones stay, and grow old', async () => {
    await accept(some(1));
    await keeper.keep();
    world.ingress.away = true;
    await expect(keeper.keep()).rejects.toThrow('was not answered');
    clock.pass(31 * SECOND);
    expect(await bookOf('email')).toMatchObject({ accepted: 1, stale: true });
    expect((await books()).balanced).toBe(false);
  });
});

describe('a service that is away', () => {
  it('shows what it misses, as of when it last answered, and balances when it is back', async () => {
    await accept(some(2));
    await keeper.keep();
    email.away = true;
    const asOf = clock.now().toISOString();
    const missed = some(3);
    await accept(missed, [email]);
    await pass(40 * SECOND);
    expect(await bookOf('email')).toMatchObject({ accepted: 5, delivered: 2, missing: 3, balanced: false, stale: true, differs: false, asOf });
    expect(await bookOf('crm-sync')).toMatchObject({ accepted: 5, delivered: 5, balanced: true, stale: false });
    email.away = false;
    email.take(missed);
    await keeper.keep();
    expect(await bookOf('email')).toMatchObject({ accepted: 5, delivered: 5, missing: 0, balanced: true, stale: false });
    expect(await said('differ')).toEqual([]);
  });

  it('has the whole window to catch up when it is back', async () => {
    await accept(some(1));
    await keeper.keep();
    email.away = true;
    await accept(some(2), [email]);
    await keeper.keep();
    await pass(2 * WINDOW);
    expect(await said('differ')).toEqual([]);
    email.away = false;
    await keeper.keep();
    expect(await said('differ')).toEqual([]);
    await pass(WINDOW);
    expect(await said('differ')).toMatchObject([{ data: { facts: { service: 'email', missing: 2 } } }]);
  });
});

describe('a difference', () => {
  it('that outlives the window is told once, with the ids, and told again when it is over', async () => {
    const lost = some(3);
    await accept(some(10));
    await accept(lost, [email]);
    await keeper.keep();
    expect(await bookOf('email')).toMatchObject({ missing: 3, differs: false });
    await pass(WINDOW - SECOND);
    expect(await said('differ')).toEqual([]);
    await pass(SECOND);
    await keeper.keep();
    expect(await bookOf('email')).toMatchObject({ missing: 3, differs: true });
    expect(await said('differ')).toMatchObject([
      { site: 'acme', data: { state: 'differing', facts: { service: 'email', day: clock.day, accepted: 13, delivered: 10, missing: 3 }, events: lost.map(({ id }) => id), error: { code: 'BOOKS_EVENTS_MISSING' } } },
    ]);
    expect(await audit.app.get(Metrics).registry.getSingleMetricAsString('posthorn_books_differing')).toContain('{service="email"} 1');
    email.take(lost);
    await keeper.keep();
    await keeper.keep();
    expect(await said('agree')).toMatchObject([{ data: { state: 'balanced', facts: { service: 'email', missing: 0 } } }]);
    expect(await said('differ')).toHaveLength(1);
    // On the same way as every outcome: an auditor finds it in the log.
    await waitFor(async () => (await audit.get<{ entries: Said[] }>('/v1/entries?type=audit.books.differ', AUDITOR)).body.entries.some(({ data }) => data.events?.includes(lost[0]!.id)), { describe: 'the outcome in the log' });
  });

  it('of the log itself is found out in the same way', async () => {
    const unheard = some(2);
    world.accept(unheard);
    await accept(some(1));
    await keeper.keep();
    await pass(WINDOW);
    expect(await said('differ')).toMatchObject([{ data: { facts: { service: 'audit', missing: 2 }, events: unheard.map(({ id }) => id) } }]);
  });

  it('names no more than a hundred', async () => {
    world.accept(some(250), [email, crm]);
    world.accept([], []);
    await keeper.keep();
    await pass(WINDOW);
    const found = await said('differ');
    expect(found.map(({ data }) => [data.facts['service'], data.facts['missing'], data.events?.length]).sort()).toEqual([['audit', 250, 100], ['crm-sync', 250, 100], ['email', 250, 100]]);
  });

  it('is none while only what is young is on its way, however long that goes on', async () => {
    await accept(some(5));
    let coming = some(1);
    await accept(coming, [email]);
    for (let round = 0; round < 6; round += 1) {
      const next = some(1);
      await accept(next, [email]);
      email.take(coming);
      coming = next;
      await pass(20 * SECOND);
      expect((await bookOf('email'))?.missing).toBe(1);
    }
    expect(await said('differ')).toEqual([]);
  });

  it('of numbers alone is told when the day is over', async () => {
    const [gone, ...others] = some(5);
    await accept([gone!, ...others]);
    // Its row is gone from the counts, and its id is not.
    const rows = crm.rows.bind(crm);
    crm.rows = () => rows().map((row) => ({ ...row, delivered: row.delivered - 1 }));
    await keeper.keep();
    await pass(3 * WINDOW);
    expect(await said('differ')).toEqual([]);
    clock.set(clock.midnight + WINDOW);
    await keeper.keep();
    await pass(WINDOW);
    crm.rows = rows;
    expect(await said('differ')).toMatchObject([{ data: { facts: { service: 'crm-sync', missing: 1 }, error: { code: 'BOOKS_MISCOUNTED' } } }]);
  });
});

describe('the end of a day', () => {
  it('closes what balances ten minutes after midnight, each book once for good', async () => {
    await accept(some(4));
    clock.set(clock.midnight + 10 * MINUTE - SECOND);
    await keeper.keep();
    expect(await said('closed')).toEqual([]);
    await pass(SECOND);
    await keeper.keep();
    const closed = await said('closed');
    expect(closed.map(({ data }) => data.facts['service']).sort()).toEqual(['audit', 'crm-sync', 'email']);
    expect(closed[0]).toMatchObject({ site: 'acme', data: { state: 'balanced', facts: { day: clock.day, accepted: 4, delivered: 4, missing: 0 } } });
    expect((await bookOf('email'))?.closedAt).toBe(clock.now().toISOString());
  });

  it('waits for the window before it closes what differs, and says so', async () => {
    await accept(some(4), [email]);
    clock.set(clock.midnight + 10 * MINUTE);
    await keeper.keep();
    expect((await said('closed')).map(({ data }) => data.facts['service']).sort()).toEqual(['audit', 'crm-sync']);
    await pass(WINDOW);
    expect((await said('closed')).at(-1)).toMatchObject({ data: { state: 'differing', facts: { service: 'email', accepted: 4, delivered: 0, missing: 4 } } });
  });

  it('is said once by two replicas at the same time, and not again after a restart', async () => {
    await accept([...some(4), ...some(4, { site: 'other' })]);
    await keeper.keep();
    clock.set(clock.midnight + 10 * MINUTE);
    const day = { from: clock.day, until: clock.day };
    const replicas = await Promise.all([audit.replica(), audit.replica()]);
    const closings = [audit.app, ...replicas].map((app) => app.get(BookFindings).close(day, '2020-01-01', clock.now()));
    expect((await Promise.all(closings)).reduce((sum, count) => sum + count)).toBe(6);
    await Promise.all(replicas.map((app) => app.close()));
    const restarted = await audit.replica();
    await restarted.get(Bookkeeper).keep();
    await restarted.close();
    expect(await said('closed')).toHaveLength(6);
  });

  it('cannot be rewritten by the service', async () => {
    for (const change of ['UPDATE book_closings SET accepted = 0', 'DELETE FROM book_closings', 'DELETE FROM ledger', 'UPDATE entries SET site = site']) {
      await expect(audit.role.query(change)).rejects.toThrow('permission denied');
    }
  });
});

describe('one replica at a time', () => {
  it('keeps the books, and another one when it is gone', async () => {
    await accept(some(1));
    await keeper.keep();
    const other = await audit.replica();
    const asOf = (await bookOf('email'))?.asOf;
    clock.pass(5 * SECOND);
    await other.get(Bookkeeper).keep();
    expect((await bookOf('email'))?.asOf).toBe(asOf);
    await keeper.onModuleDestroy();
    await other.get(Bookkeeper).keep();
    expect((await bookOf('email'))?.asOf).toBe(clock.now().toISOString());
    await other.close();
  });
});

describe('GET /v1/books', () => {
  it('is for auditors', async () => {
    expect((await audit.get('/v1/books')).status).toBe(401);
  });

  it('names every mistake of a question', async () => {
    const { status, body } = await audit.get<{ code?: string; errors: { pointer: string }[] }>('/v1/books?from=2026-02-30&until=today&site=No&sevice=email', AUDITOR);
    expect(status).toBe(400);
    expect(body.errors.map(({ pointer }) => pointer).sort()).toEqual(['/from', '/sevice', '/site', '/until']);
    for (const days of ['from=2026-03-02&until=2026-03-01', 'from=2026-03-01&until=2026-04-01']) expect((await audit.get(`/v1/books?${days}`, AUDITOR)).status).toBe(400);
  });

  it('is about today unless a day is given', async () => {
    await accept(some(1));
    await keeper.keep();
    const { body } = await audit.get<BooksAnswer>('/v1/books', AUDITOR);
    expect(body).toMatchObject({ from: clock.day, until: clock.day, balanced: true });
    expect(body.books).toHaveLength(3);
  });
});
