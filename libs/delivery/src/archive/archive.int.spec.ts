import { type INestApplicationContext } from '@nestjs/common';
import { createEvent, newId, type PosthornEvent, type RedeliverQuestion } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import { PermanentError } from '@posthorn/resilience';
import { type TestDatabase, waitFor } from '@posthorn/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult } from '../delivery.handler.js';
import { Delivers } from '../delivers.decorator.js';
import { callOf, type Engine, type EngineOptions, LeadHandler, leadOf, type ScriptedProvider, startEngine, useDeliveryDatabase } from '../engine.test-kit.js';
import { DeliveryListing } from '../operations/delivery.listing.js';
import { Redeliveries } from '../operations/redeliveries.service.js';
import { Archivist } from './archivist.service.js';

@Delivers({ types: 'lead.submitted', action: 'mail-lead', unknown: 'hold' })
class MailHandler extends LeadHandler {}

@Delivers({ types: 'customer.updated', action: 'sync-customer', latestWins: true })
class CustomerHandler implements DeliveryHandler<'customer.updated', ScriptedProvider> {
  orderingKey(event: PosthornEvent<'customer.updated'>): string {
    return event.data.person.email;
  }

  async deliver(event: PosthornEvent<'customer.updated'>, call: DeliveryCall<ScriptedProvider>): Promise<DeliveryResult> {
    return { externalId: await call.provider.call(callOf(event.id, call)), outcome: 'crm.contact.synced' };
  }
}

type Archiving = Engine & { archivist: Archivist; listing: DeliveryListing; redeliveries: Redeliveries };

describe('the archive', () => {
  let database: TestDatabase;
  const engines: Archiving[] = [];

  beforeEach(async () => {
    database = await useDeliveryDatabase();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  const start = async (options: EngineOptions = {}): Promise<Archiving> => {
    let app: INestApplicationContext | undefined;
    const engine = await startEngine(database, { archiveAfterMs: 0, ...options, prepare: (context) => void (app = context) });
    const of = <T>(type: new (...args: never[]) => T): T => app!.get<T>(type, { strict: false });
    const archiving = { ...engine, archivist: of(Archivist), listing: of(DeliveryListing), redeliveries: of(Redeliveries) };
    engines.push(archiving);
    return archiving;
  };

  const ids = async (engine: Engine, table: 'deliveries' | 'deliveries_archive' | 'all_deliveries'): Promise<string[]> =>
    (await engine.database.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY event_id, connection, action`)).map(({ id }) => id);
  const counted = (engine: Engine) =>
    engine.database.query<{ state: string; events: number }>('SELECT state, sum(events)::int AS events FROM book_counts GROUP BY 1 HAVING sum(events) <> 0 ORDER BY 1');
  const archived = (engine: Archiving, deliveries: number) =>
    waitFor(
      async () => {
        await engine.archivist.run();
        return (await ids(engine, 'deliveries_archive')).length === deliveries;
      },
      { describe: `${deliveries} archived deliveries` },
    );

  it('takes what is finished, and everybody who asks still finds it', async () => {
    const engine = await start();
    const events = [leadOf('ada@example.org'), leadOf('grace@example.org', 'skip me'), leadOf('alan@example.org')];
    await engine.intake.take(events);
    for (const [index, state] of (['delivered', 'skipped', 'delivered'] as const).entries()) await engine.reaches(events[index]!.id, state);
    const before = await Promise.all(events.map(({ id }) => engine.deliveries.ofEvent(id)));
    await archived(engine, 3);
    expect(await ids(engine, 'deliveries')).toEqual([]);
    expect(await Promise.all(events.map(({ id }) => engine.deliveries.ofEvent(id)))).toEqual(before);
    expect(await engine.deliveries.find(before[0]![0]!.id)).toEqual(before[0]![0]);
    const open = leadOf('joan@example.org');
    engine.provider().behaviour = () => Promise.reject(new PermanentError('REFUSED', 'refused'));
    await engine.intake.take([open]);
    await engine.reaches(open.id, 'dead');
    const page = await engine.listing.page({ filter: {}, limit: 10 });
    expect(page.deliveries.map(({ eventId, state }) => [eventId, state])).toEqual([
      [open.id, 'dead'],
      [events[2]!.id, 'delivered'],
      [events[1]!.id, 'skipped'],
      [events[0]!.id, 'delivered'],
    ]);
    expect((await engine.listing.page({ filter: { states: ['dead'] }, limit: 10 })).deliveries).toHaveLength(1);
    expect(await counted(engine)).toEqual([{ state: 'delivered', events: 2 }, { state: 'skipped', events: 1 }]);
  });

  it('waits for all of an event, and for a settlement that comes late', async () => {
    const engine = await start({ handlers: [LeadHandler, MailHandler] });
    const event = leadOf('ada@example.org');
    const calls = engine.provider().calls;
    let finish: (externalId: string) => void = () => undefined;
    engine.provider().behaviour = () => (calls.length === 1 ? Promise.resolve('first') : new Promise((resolve) => (finish = resolve)));
    await engine.intake.take([event]);
    await waitFor(async () => (await engine.deliveries.ofEvent(event.id)).some(({ state }) => state === 'delivered'));
    await engine.archivist.run();
    expect(await ids(engine, 'deliveries')).toHaveLength(2);
    // Its lease runs out, so that a person is asked: nobody knows yet that the call has succeeded.
    await engine.database.query(`UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE event_id = $1 AND state = 'attempting'`, [event.id]);
    await waitFor(async () => (await engine.deliveries.ofEvent(event.id)).every(({ state }) => state === 'delivered' || state === 'held' || state === 'unknown'));
    await engine.archivist.run();
    expect(await ids(engine, 'deliveries')).toHaveLength(2);
    finish('late');
    await archived(engine, 2);
    expect((await engine.deliveries.ofEvent(event.id)).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
    expect(await counted(engine)).toEqual([{ state: 'delivered', events: 1 }]);
  });

  it('leaves what was finished a moment ago where it is', async () => {
    const engine = await start({ archiveAfterMs: 3_600_000 });
    const event = leadOf('ada@example.org');
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'delivered');
    await engine.archivist.run();
    expect(await ids(engine, 'deliveries')).toHaveLength(1);
    await engine.database.query(`UPDATE deliveries SET updated_at = now() - interval '2 hours'`);
    await engine.archivist.run();
    expect(await ids(engine, 'deliveries_archive')).toHaveLength(1);
  });

  it('loses nothing and has nothing twice, with two replicas at it and their sessions killed in the middle', async () => {
    const [one, other] = [await start({ archiveAfterMs: 3_600_000 }), await start({ archiveAfterMs: 3_600_000 })];
    const superuser = new Database({ url: database.adminUrl, schema: 'crm', service: 'test' });
    await superuser.ready();
    await insertFinished(superuser, 20_000);
    const before = await ids(one, 'all_deliveries');
    const waiting = `application_name = 'posthorn-crm-sync' AND datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%DELETE FROM deliveries d%'`;
    for (let kill = 0; kill < 4; kill += 1) {
      let archiving: Promise<unknown> = Promise.resolve();
      await superuser.transaction(async (tx) => {
        // Whoever is at it has moved its rows, and cannot count them.
        await tx.query('LOCK TABLE book_counts IN SHARE MODE');
        archiving = Promise.allSettled([one.archivist.run(), other.archivist.run()]);
        await waitFor(async () => (await superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${waiting}`)).length > 0, { everyMs: 1 });
      });
      await archiving;
      await Promise.all([one.database.ready(), other.database.ready()]);
    }
    await waitFor(
      async () => {
        await Promise.all([one.archivist.run(), other.archivist.run()]);
        return (await ids(one, 'deliveries')).length === 0;
      },
      { timeoutMs: 25_000, everyMs: 1, describe: 'an empty table' },
    );
    await superuser.close();
    expect(await ids(one, 'all_deliveries')).toEqual(before);
    expect(await counted(one)).toEqual([{ state: 'delivered', events: 16_000 }, { state: 'skipped', events: 4_000 }]);
  });

  it('remembers what was delivered last, where the latest wins', async () => {
    const engine = await start({ handlers: [CustomerHandler] });
    const update = (): PosthornEvent<'customer.updated'> => createEvent({ site: 'acme', type: 'customer.updated', data: { person: { email: 'ada@example.org' } } });
    const [oldest, older, newer] = [update(), update(), update()];
    await engine.intake.take([older]);
    await engine.reaches(older.id, 'delivered');
    await engine.intake.take([newer]);
    await engine.reaches(newer.id, 'delivered');
    await archived(engine, 2);
    await engine.intake.take([oldest]);
    await engine.reaches(oldest.id, 'skipped');
    expect((await engine.deliveries.ofEvent(oldest.id))[0]).toMatchObject({ error: { code: 'SUPERSEDED' } });
    expect(engine.provider().callsOf(oldest.id)).toEqual([]);
  });

  it('gives back what was skipped, when it is to be sent after all: one, or many', async () => {
    const engine = await start({ handlers: [LeadHandler, MailHandler] });
    const events = Array.from({ length: 30 }, (_, index) => leadOf(`p${index}@example.org`, 'skip me'));
    await engine.intake.take(events);
    await archived(engine, 60);
    const [first, second] = await engine.deliveries.ofEvent(events[0]!.id);
    await engine.deliveries.redeliver(first!.id);
    await waitFor(async () => (await engine.deliveries.find(first!.id))?.state === 'delivered');
    expect(await engine.deliveries.find(second!.id)).toEqual(second);
    await archived(engine, 60);
    expect(await counted(engine)).toEqual([{ state: 'delivered', events: 1 }, { state: 'skipped', events: 29 }]);
    await expect(engine.deliveries.redeliver(first!.id)).rejects.toMatchObject({ code: 'DELIVERY_NOT_REDELIVERABLE' });

    const question: RedeliverQuestion = { id: newId(), actor: 'ada', filter: { connection: 'acme-crm', states: ['skipped'] }, preview: false, perSecond: 500 };
    expect(await engine.redeliveries.preview(question)).toMatchObject([{ matched: 59 }]);
    await engine.redeliveries.start(question);
    await waitFor(async () => {
      await engine.archivist.run();
      return (await engine.redeliveries.report(question.id))?.state === 'finished';
    });
    expect(await engine.redeliveries.report(question.id)).toMatchObject({ matched: 59, redelivered: 59, refused: 0 });
    await archived(engine, 60);
    expect(await counted(engine)).toEqual([{ state: 'delivered', events: 30 }]);
    expect(engine.provider().calls).toHaveLength(60);
  });

  it('makes room for any month by itself, with the rights of a service', async () => {
    const engine = await start({ archiveAfterMs: 3_600_000 });
    const superuser = new Database({ url: database.adminUrl, schema: 'crm', service: 'test' });
    await superuser.ready();
    await insertFinished(superuser, 3, '2024-02-29T23:59:59.999Z');
    await insertFinished(superuser, 2, '2024-03-01T00:00:00.000Z');
    await superuser.close();
    await engine.archivist.run();
    const rows = await engine.database.query('SELECT tableoid::regclass::text AS "table", count(*)::int AS n FROM deliveries_archive GROUP BY 1 ORDER BY 1');
    expect(rows).toEqual([{ table: 'deliveries_archive_2024_02', n: 3 }, { table: 'deliveries_archive_2024_03', n: 2 }]);
    await expect(engine.database.query('CREATE TABLE mine (id uuid)')).rejects.toThrow('permission denied');
  });
});

/** One in five skipped; one event each. */
async function insertFinished(superuser: Database, count: number, acceptedAt = new Date().toISOString()): Promise<void> {
  await superuser.query(
    `INSERT INTO deliveries (id, event_id, connection, action, site, type, ordering_key, latest_wins, state, waits, updated_at)
     SELECT gen_random_uuid(), overlay(gen_random_uuid()::text PLACING left($2, 8) || '-' || right($2, 4) || '-7' FROM 1 FOR 15)::uuid,
            'acme-crm', 'sync-lead', 'acme', 'lead.submitted', gen_random_uuid(), false,
            CASE WHEN n % 5 = 0 THEN 'skipped' ELSE 'delivered' END, false, now() - interval '2 hours' + n * interval '1 microsecond'
       FROM generate_series(1, $1::int) AS n`,
    [count, Date.parse(acceptedAt).toString(16).padStart(12, '0')],
  );
}
