import { type INestApplicationContext } from '@nestjs/common';
import { BOOK_STATES, eraseEvent, newId, type PosthornEvent } from '@posthorn/contracts';
import { PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { type TestDatabase, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Archivist } from '../archive/archivist.service.js';
import { BooksStore } from '../books/books.store.js';
import { type Engine, type EngineOptions, LeadHandler, leadOf, type ProviderCall, startEngine, useDeliveryDatabase } from '../engine.test-kit.js';
import { CustomerHandler, customerOf, erasureOf, eraseName, ScriptedEraser, unseen } from './erasure.test-kit.js';

type Erasing = Engine & { archivist: Archivist; books: BooksStore };

const ADA = 'ada@example.org';

describe('an erasure', () => {
  let database: TestDatabase;
  const engines: Erasing[] = [];

  beforeEach(async () => {
    database = await useDeliveryDatabase();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  const start = async (options: EngineOptions = {}): Promise<Erasing> => {
    let app: INestApplicationContext | undefined;
    const engine = await startEngine(database, { archiveAfterMs: 0, handlers: [LeadHandler, CustomerHandler], eraser: ScriptedEraser, ...options, prepare: (context) => void (app = context) });
    const erasing = { ...engine, archivist: app!.get(Archivist, { strict: false }), books: app!.get(BooksStore, { strict: false }) };
    engines.push(erasing);
    return erasing;
  };

  const statesOf = async (engine: Engine, event: Pick<PosthornEvent, 'id'>): Promise<string[]> =>
    (await engine.deliveries.ofEvent(event.id)).map(({ connection, action, state }) => `${connection} ${action} ${state}`);
  const completed = (engine: Engine, request: PosthornEvent) =>
    waitFor(async () => (await engine.outcomes(request.id)).includes('crm-sync.erasure.completed'), { describe: 'the end of the erasure', timeoutMs: 15_000 });
  const factsOf = async (engine: Engine, request: PosthornEvent): Promise<unknown> => {
    const rows = await engine.database.query<{ facts: unknown }>(`SELECT envelope::json -> 'data' -> 'facts' AS facts FROM ledger WHERE type = 'crm-sync.erasure.completed' AND envelope::json ->> 'causationid' = $1`, [request.id]);
    expect(rows).toHaveLength(1);
    return rows[0]?.facts;
  };
  const booked = async (engine: Erasing): Promise<Record<string, number>> => {
    const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    const rows = await engine.books.rows(engine.database, { from: day(Date.now() - 86_400_000), until: day(Date.now()) });
    const figures: Record<string, number> = {};
    for (const row of rows) for (const state of BOOK_STATES.filter((each) => row[each] > 0)) figures[`${row.type} ${state}`] = (figures[`${row.type} ${state}`] ?? 0) + row[state];
    return figures;
  };

  /** Every row of every table of the schema, as an operator with the database sees it. */
  const everything = async (): Promise<string> => {
    const client = new Client({ connectionString: database.adminUrl });
    await client.connect();
    try {
      const { rows: tables } = await client.query<{ name: string }>(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'crm' AND table_type = 'BASE TABLE'`);
      const texts: string[] = [];
      for (const { name } of tables) texts.push(...(await client.query<{ row: string }>(`SELECT t::text AS row FROM crm."${name}" t`)).rows.map(({ row }) => row));
      return texts.join('\n');
    } finally {
      await client.end();
    }
  };

  it('leaves nothing of a person in the tables and at the provider, and says what was erased', async () => {
    const engine = await start();
    const [lead, customer, other] = [leadOf(ADA, 'call me, Ada'), customerOf(ADA), leadOf('grace@example.org')];
    engine.provider().behaviour = ({ eventId }) => (eventId === customer.id ? Promise.reject(new PermanentError('REFUSED', 'line 42 is refused')) : Promise.resolve(`ext-of-${eventId}`));
    await engine.intake.take([lead, customer, other]);
    await engine.reaches(customer.id, 'dead');
    await engine.reaches(lead.id, 'delivered');
    const request = erasureOf([lead, customer]);
    await engine.intake.take([request]);
    await completed(engine, request);

    expect(engine.provider().callsOf(eraseName([lead, customer]))).toHaveLength(1);
    const kept = await everything();
    expect(kept).not.toContain(ADA);
    // What was said of it stays said: outcomes hold nothing personal.
    for (const trace of ['call me', 'line 42', `ext-of-${lead.id}`]) expect(kept.split('\n').filter((row) => row.includes(trace) && !row.includes('outcomes.crm-sync'))).toEqual([]);
    expect(kept).toContain('grace@example.org');
    expect(await statesOf(engine, lead)).toEqual(['acme-crm sync-lead erased']);
    expect(await statesOf(engine, customer)).toEqual(['acme-crm sync-customer erased']);
    expect(await statesOf(engine, request)).toEqual(['acme-crm erase-person delivered', 'inbox erase delivered']);
    expect(await factsOf(engine, request)).toEqual({ events: 2, deliveries: 2, uncertain: 0 });
    expect(await engine.outcomes(request.id)).toEqual(['crm.person.erased', 'crm-sync.erasure.completed']);
    expect(await booked(engine)).toEqual({ 'lead.submitted erased': 1, 'lead.submitted delivered': 1, 'customer.updated erased': 1, 'privacy.erasure_requested delivered': 1 });
  });

  it('reaches what was archived, and the books say so', async () => {
    const engine = await start();
    const [lead, customer, skipped, lost] = [leadOf(ADA), customerOf(ADA), leadOf(ADA, 'skip me'), customerOf(ADA, 'nobodys')];
    await engine.intake.take([lead, customer, skipped, lost]);
    await engine.reaches(lead.id, 'delivered');
    await engine.reaches(customer.id, 'delivered');
    await waitFor(async () => {
      await engine.archivist.run();
      return (await engine.database.query('SELECT 1 FROM deliveries')).length === 0;
    });
    const [request, elsewhere] = [erasureOf([lead, customer, skipped]), erasureOf([lost], 'person', 'nobodys')];
    await engine.intake.take([request, elsewhere]);
    await completed(engine, request);
    await completed(engine, elsewhere);
    expect(await everything()).not.toContain(ADA);
    expect(await engine.database.query('SELECT 1 FROM newest_delivered')).toEqual([]);
    for (const { id } of [lead, customer, skipped]) expect((await engine.deliveries.ofEvent(id)).map(({ state, externalId }) => [state, externalId])).toEqual([['erased', undefined]]);
    const books = { 'lead.submitted erased': 2, 'customer.updated erased': 2, 'privacy.erasure_requested delivered': 2 };
    expect(await booked(engine)).toEqual(books);
    await engine.archivist.run();
    expect(await booked(engine)).toEqual(books);
  });

  it('begins nothing of the events any more, and lets nobody send them again', async () => {
    const engine = await start();
    engine.connection().guard.isolate('the test');
    const [waiting, dead] = [leadOf(ADA), customerOf(ADA)];
    await engine.intake.take([waiting, dead]);
    await engine.database.query(`UPDATE deliveries SET state = 'dead', error_code = 'REFUSED' WHERE event_id = $1`, [dead.id]);
    await engine.intake.take([erasureOf([waiting, dead])]);
    for (const { id } of [waiting, dead]) await engine.reaches(id, 'erased');
    const [delivery] = await engine.deliveries.ofEvent(dead.id);
    await expect(engine.deliveries.redeliver(delivery!.id)).rejects.toMatchObject({ code: 'DELIVERY_NOT_REDELIVERABLE' });
    engine.connection().guard.release();
    await waitFor(() => engine.provider().callsOf(eraseName([waiting, dead])).length === 1);
    expect(engine.provider().callsOf(waiting.id)).toEqual([]);
  });

  it('waits for what is under way at the provider, also for what nobody knows the end of', async () => {
    const engine = await start({ connections: [{ retry: { firstDelayMs: 300, maxDelayMs: 400 } }] });
    const [running, unknown] = [leadOf(ADA), customerOf('ada@work.example')];
    let finish: (id: string) => void = () => undefined;
    engine.provider().behaviour = ({ eventId, attempt }: ProviderCall) => {
      if (eventId === running.id) return new Promise((resolve) => (finish = resolve));
      return eventId === unknown.id && attempt === 1 ? Promise.reject(new UnknownOutcomeError('CUT', 'cut')) : Promise.resolve('ext');
    };
    await engine.intake.take([running, unknown]);
    await engine.reaches(unknown.id, 'unknown');
    const request = erasureOf([running, unknown]);
    await engine.intake.take([request]);
    await engine.reaches(unknown.id, 'delivered');
    expect(engine.provider().callsOf(eraseName([running, unknown]))).toEqual([]);
    finish('ext');
    await completed(engine, request);
    const calls = engine.provider().calls.map(({ eventId }) => eventId);
    expect(calls.at(-1)).toBe(eraseName([running, unknown]));
    expect(await statesOf(engine, running)).toEqual(['acme-crm sync-lead erased']);
  });

  it('does not take with it what the person sends afterwards', async () => {
    const engine = await start({ connections: [{ retry: { firstDelayMs: 50, maxDelayMs: 100 } }] });
    const before = leadOf(ADA);
    await engine.intake.take([before]);
    await engine.reaches(before.id, 'delivered');
    let away = true;
    engine.provider().behaviour = ({ eventId }) => (away && eventId.startsWith('erase') ? Promise.reject(new RetryableError('AWAY', 'away')) : Promise.resolve(`ext-${eventId}`));
    const request = erasureOf([before]);
    await engine.intake.take([request]);
    await waitFor(() => engine.provider().callsOf(eraseName([before])).length > 0);
    const [after, other] = [customerOf(` ${ADA.toUpperCase()} `.trim()), customerOf('grace@example.org')];
    await engine.intake.take([after, other]);
    await engine.reaches(other.id, 'delivered');
    expect(await statesOf(engine, after)).toEqual(['acme-crm sync-customer pending']);
    away = false;
    await completed(engine, request);
    await engine.reaches(after.id, 'delivered');
    const calls = engine.provider().calls.map(({ eventId }) => eventId);
    expect(calls.indexOf(after.id)).toBeGreaterThan(calls.lastIndexOf(eraseName([before])));
    expect(await engine.deliveries.ofEvent(after.id)).toMatchObject([{ attempts: 1, externalId: `ext-${after.id}` }]);
    expect(await engine.database.query('SELECT 1 FROM erasing_people')).toEqual([]);
  });

  it('is not acted on by an original that comes late, nor by one that comes erased', async () => {
    const engine = await start();
    const [late, erased] = [leadOf(ADA), leadOf(ADA)];
    const request = erasureOf([late, unseen('order.paid')]);
    await engine.intake.take([request, eraseEvent(erased)]);
    await completed(engine, request);
    await engine.intake.take([late, erased]);
    expect(await statesOf(engine, late)).toEqual(['acme-crm sync-lead erased']);
    expect(await statesOf(engine, erased)).toEqual(['acme-crm sync-lead erased']);
    expect(engine.provider().calls).toEqual([]);
    expect(await everything()).not.toContain(ADA);
    // Of a type that the service does not take there is no stone: it would take part in the comparison with the ledger.
    expect(await engine.database.query('SELECT type FROM inbox ORDER BY type')).toEqual([{ type: 'lead.submitted' }, { type: 'lead.submitted' }, { type: 'privacy.erasure_requested' }]);
    expect(await booked(engine)).toEqual({ 'lead.submitted erased': 2, 'privacy.erasure_requested delivered': 1 });
  });

  it('calls no provider for what is only old', async () => {
    const engine = await start();
    const lead = leadOf(ADA);
    await engine.intake.take([lead]);
    await engine.reaches(lead.id, 'delivered');
    const request = erasureOf([lead], 'retention');
    await engine.intake.take([request]);
    await completed(engine, request);
    expect(engine.provider().calls.map(({ eventId }) => eventId)).toEqual([lead.id]);
    expect(await everything()).not.toContain(ADA);
  });

  it('waits for a person when the provider will not, and goes on when they have seen to it', async () => {
    const engine = await start();
    const lead = leadOf(ADA);
    await engine.intake.take([lead]);
    await engine.reaches(lead.id, 'delivered');
    engine.provider().behaviour = () => Promise.reject(new PermanentError('FORBIDDEN', 'may not erase'));
    const request = erasureOf([lead]);
    await engine.intake.take([request]);
    await waitFor(async () => (await statesOf(engine, request))[0] === 'acme-crm erase-person dead');
    expect(await booked(engine)).toMatchObject({ 'privacy.erasure_requested dead': 1 });
    engine.provider().behaviour = () => Promise.resolve('gone');
    await engine.deliveries.redeliver((await engine.deliveries.ofEvent(request.id))[0]!.id);
    await completed(engine, request);
    expect(await booked(engine)).toEqual({ 'lead.submitted erased': 1, 'privacy.erasure_requested delivered': 1 });
  });

  it('does not keep others waiting when it fails', async () => {
    const [broken, other] = [leadOf(ADA), leadOf('grace@example.org')];
    let mended = false;
    class Forgetful extends ScriptedEraser {
      forget(_tx: unknown, ids: readonly string[]): Promise<Record<string, number>> {
        return !mended && ids.includes(broken.id) ? Promise.reject(new Error('not today')) : Promise.resolve({ forgotten: ids.length });
      }
    }
    const engine = await start({ eraser: Forgetful });
    await engine.intake.take([broken, other]);
    for (const { id } of [broken, other]) await engine.reaches(id, 'delivered');
    const [failing, fine] = [erasureOf([broken]), erasureOf([other])];
    await engine.intake.take([failing, fine]);
    await completed(engine, fine);
    expect(await factsOf(engine, fine)).toMatchObject({ forgotten: 1 });
    expect(await statesOf(engine, failing)).toContain('inbox erase pending');
    mended = true;
    await completed(engine, failing);
    expect(engine.provider().callsOf(eraseName([broken]))).toHaveLength(1);
  });

  it('is done once, however often it is asked for and however many replicas are there', async () => {
    const providers = new Map();
    const [one, two] = [await start({ providers }), await start({ providers })];
    const leads = Array.from({ length: 40 }, (_, index) => leadOf(`p${index}@example.org`));
    await one.intake.take(leads);
    for (const { id } of leads) await one.reaches(id, 'delivered');
    const requests = leads.map((lead) => erasureOf([lead]));
    await Promise.all([one.intake.take(requests), two.intake.take([...requests].reverse())]);
    for (const request of requests) await completed(one, request);
    await two.intake.take(requests);
    expect(one.provider().calls.filter(({ eventId }) => eventId.startsWith('erase'))).toHaveLength(40);
    for (const request of requests) await factsOf(one, request);
    expect(await everything()).not.toContain('example.org');
  });

  it.each(['before anything was done', 'while the provider was asked', 'after the provider had erased'])('goes on after a crash %s', async (when) => {
    const first = await start();
    const lead = leadOf(ADA);
    await first.intake.take([lead]);
    await first.reaches(lead.id, 'delivered');
    const request = erasureOf([lead]);
    let hung: (id: string) => void = () => undefined;
    if (when === 'before anything was done') {
      await first.stop();
      await withService((client) => insertAsTaken(client, request));
    } else {
      first.provider().behaviour = () => new Promise((resolve) => (hung = resolve));
      await first.intake.take([request]);
      await waitFor(() => first.provider().callsOf(eraseName([lead])).length === 1);
      // What a kill leaves behind: the fence sees to it that nothing this process does later counts.
      const left = when === 'while the provider was asked' ? `lease_until = now() - interval '1 second'` : `state = 'delivered', lease_until = NULL`;
      first.connection().guard.isolate('the test');
      await first.database.query(`UPDATE deliveries SET fence = fence + 1, ${left} WHERE event_id = $1 AND state = 'attempting'`, [request.id]);
      hung('too late');
      await first.stop();
    }
    engines.splice(0);
    const second = await start();
    await completed(second, request);
    expect(second.provider().calls.map(({ eventId }) => eventId)).toEqual(when === 'after the provider had erased' ? [] : [eraseName([lead])]);
    expect(await everything()).not.toContain(ADA);
  });

  const withService = async (work: (client: Client) => Promise<unknown>): Promise<void> => {
    const client = new Client({ connectionString: database.urlFor('crm') });
    await client.connect();
    await work(client).finally(() => client.end());
  };
});

async function insertAsTaken(client: Client, request: PosthornEvent): Promise<void> {
  await client.query(`INSERT INTO crm.inbox (event_id, site, type, accepted_at, envelope) VALUES ($1, $2, $3, now(), $4)`, [request.id, request.site, request.type, JSON.stringify(request)]);
  await client.query(
    `INSERT INTO crm.deliveries (id, event_id, connection, action, site, type, ordering_key, latest_wins, state, waits) VALUES ($1, $2, 'inbox', 'erase', $3, $4, $2, false, 'pending', false)`,
    [newId(), request.id, request.site, request.type],
  );
}
