import { type EventType, createEvent, newId, type PosthornEvent } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import { RetryableError } from '@posthorn/resilience';
import { type TestDatabase, waitFor } from '@posthorn/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult } from './delivery.handler.js';
import { Delivers } from './delivers.decorator.js';
import { CLAIM, DeliveryStore } from './delivery.store.js';
import { SETTLE } from './settlement.statement.js';
import { callOf, type Engine, type EngineOptions, leadOf, type ScriptedProvider, startEngine, useDeliveryDatabase } from './engine.test-kit.js';

type Booking = 'appointment.booked' | 'appointment.cancelled';

@Delivers({ types: ['appointment.booked', 'appointment.cancelled'], action: 'sync-booking' })
class BookingHandler implements DeliveryHandler<Booking, ScriptedProvider> {
  orderingKey(event: PosthornEvent<Booking>): string {
    return event.data.appointmentId;
  }

  async deliver(event: PosthornEvent<Booking>, call: DeliveryCall<ScriptedProvider>): Promise<DeliveryResult> {
    return { externalId: await call.provider.call(callOf(event.id, call)), outcome: 'calendar.event.created' };
  }
}

@Delivers({ types: 'customer.updated', action: 'sync-customer', latestWins: true })
class CustomerHandler implements DeliveryHandler<'customer.updated', ScriptedProvider> {
  orderingKey(event: PosthornEvent<'customer.updated'>): string {
    return event.data.person.email;
  }

  async deliver(event: PosthornEvent<'customer.updated'>, call: DeliveryCall<ScriptedProvider>): Promise<DeliveryResult> {
    return { externalId: await call.provider.call(callOf(event.id, call)), outcome: 'crm.contact.synced' };
  }
}

const bookingOf = (type: Booking, appointmentId: string): PosthornEvent =>
  createEvent<EventType>({
    site: 'acme',
    type,
    data: {
      appointmentId,
      start: '2026-12-01T10:00:00+01:00',
      end: '2026-12-01T11:00:00+01:00',
      timeZone: 'Europe/Berlin',
      title: 'Fitting',
      person: { email: 'ada@example.org' },
    },
  });

describe('order', () => {
  let database: TestDatabase;
  const engines: Engine[] = [];
  let count = 0;

  beforeAll(async () => {
    database = await useDeliveryDatabase();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  /** Replicas of one service: the same connection, the same provider, the same database. */
  const replicas = async (number: number, options: EngineOptions = {}): Promise<{ engines: Engine[]; provider: ScriptedProvider }> => {
    const id = `acme-order-${++count}`;
    const providers = new Map<string, ScriptedProvider>();
    const connections = (options.connections ?? [{}]).map((given) => ({ id, ...given }));
    for (let i = 0; i < number; i++) engines.push(await startEngine(database, { ...options, providers, connections }));
    return { engines, provider: engines[0]!.provider(id) };
  };

  it('delivers the events of an ordering key one at a time, in accepted order, with two replicas at work', async () => {
    const { engines: [one, two], provider } = await replicas(2, { connections: [{ guard: { concurrency: 8 } }] });
    const runningByKey = new Map<string, number>();
    const events = Array.from({ length: 60 }, (_, index) => leadOf(`key${index % 6}@example.org`));
    const keyOf = new Map(events.map((event) => [event.id, event.data.person.email]));
    let overlapped = false;
    provider.behaviour = async (call) => {
      const key = keyOf.get(call.eventId) ?? '';
      overlapped ||= (runningByKey.get(key) ?? 0) > 0;
      runningByKey.set(key, (runningByKey.get(key) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      runningByKey.set(key, (runningByKey.get(key) ?? 0) - 1);
      return 'ext';
    };
    for (let i = 0; i < events.length; i += 10) await (i % 20 === 0 ? one! : two!).intake.take(events.slice(i, i + 10));
    await waitFor(() => provider.calls.length === events.length, { timeoutMs: 20_000, describe: () => `60 calls, not ${provider.calls.length}` });
    for (const email of new Set(keyOf.values())) {
      const called = provider.calls.filter((call) => keyOf.get(call.eventId) === email).map(({ eventId }) => eventId);
      expect(called).toEqual([...called].sort());
    }
    expect(overlapped).toBe(false);
    expect(new Set(provider.calls.map(({ eventId }) => eventId)).size).toBe(60);
  });

  it('does not let a cancellation overtake its booking while the booking is being retried', async () => {
    const { engines: [engine], provider } = await replicas(1, { handlers: [BookingHandler] });
    const booked = bookingOf('appointment.booked', 'a-1');
    const cancelled = bookingOf('appointment.cancelled', 'a-1');
    const other = bookingOf('appointment.booked', 'a-2');
    provider.behaviour = (call) => (call.eventId === booked.id && call.attempt < 3 ? Promise.reject(new RetryableError('BUSY', 'busy')) : Promise.resolve('ext'));
    await engine!.intake.take([cancelled, booked]);
    await engine!.intake.take([other]);
    await engine!.reaches(cancelled.id, 'delivered');
    const order = provider.calls.map(({ eventId }) => eventId);
    expect(order.filter((id) => id !== other.id)).toEqual([booked.id, booked.id, booked.id, cancelled.id]);
    expect(order.indexOf(other.id)).toBeLessThan(order.indexOf(cancelled.id));
  });

  it('lets the next one go when the one before it is dead', async () => {
    const { engines: [engine], provider } = await replicas(1, { retry: { firstDelayMs: 1, maxDelayMs: 1, giveUpAfterMs: 1 } });
    const [first, second] = [leadOf('ada@example.org'), leadOf('ada@example.org')];
    provider.behaviour = (call) => (call.eventId === first.id ? Promise.reject(new RetryableError('BUSY', 'busy', { retryAfterMs: 5 })) : Promise.resolve('ext'));
    await engine!.intake.take([first, second]);
    await engine!.reaches(second.id, 'delivered');
    await engine!.reaches(first.id, 'dead');
  });

  it('skips an event that comes after a newer one was delivered, where the latest wins', async () => {
    const { engines: [engine], provider } = await replicas(1, { handlers: [CustomerHandler] });
    const update = (): PosthornEvent<'customer.updated'> => createEvent({ site: 'acme', type: 'customer.updated', data: { person: { email: 'ada@example.org' } } });
    const [older, newer] = [update(), update()];
    await engine!.intake.take([newer]);
    await engine!.reaches(newer.id, 'delivered');
    await engine!.intake.take([older]);
    await engine!.reaches(older.id, 'skipped');
    const [delivery] = await engine!.deliveries.ofEvent(older.id);
    expect(delivery).toMatchObject({ attempts: 0, error: { code: 'SUPERSEDED' } });
    expect(provider.callsOf(older.id)).toEqual([]);
  });

  it('delivers a late older event where the latest does not win', async () => {
    const { engines: [engine] } = await replicas(1);
    const [older, newer] = [leadOf('ada@example.org'), leadOf('ada@example.org')];
    await engine!.intake.take([newer]);
    await engine!.reaches(newer.id, 'delivered');
    await engine!.intake.take([older]);
    await engine!.reaches(older.id, 'delivered');
  });

  it('finds what waits for nothing, should intake and settlement have missed each other', async () => {
    const { engines: [engine], provider } = await replicas(1);
    const event = leadOf('ada@example.org');
    provider.behaviour = () => Promise.reject(new RetryableError('BUSY', 'busy'));
    await engine!.intake.take([event]);
    await waitFor(() => provider.calls.length > 0);
    await waitFor(async () => {
      const rows = await engine!.database.query(`UPDATE deliveries SET waits = true WHERE event_id = $1 AND state = 'retrying' RETURNING id`, [event.id]);
      return rows.length > 0;
    });
    provider.behaviour = () => Promise.resolve('ext');
    await engine!.reaches(event.id, 'delivered');
  });

  it('looks for it a few at a time, however many wait, and comes by everything', async () => {
    const { engines: [engine] } = await replicas(1);
    for (const connection of engine!.dispatcher.connectionIds()) engine!.connection(connection).guard.isolate('only the look');
    const keys = Array.from({ length: 10 }, (_, index) => `key${index}-${newId()}@example.org`);
    await engine!.intake.take([...keys, ...keys].map((email) => leadOf(email)));
    const connections = engine!.dispatcher.connectionIds();
    // Its own look would be faster.
    await Promise.all(engines.splice(0).map((each) => each.stop()));
    const superuser = new Database({ url: database.adminUrl, schema: 'crm', service: 'test' });
    await superuser.ready();
    await superuser.query(`UPDATE deliveries SET waits = true WHERE connection = ANY($1)`, [connections]);
    const store = new DeliveryStore(superuser);
    for (let look = 0; look < 40; look += 1) await store.release(7);
    const waiting = await superuser.query('SELECT FROM deliveries WHERE connection = ANY($1) AND waits', [connections]);
    await superuser.close();
    expect(waiting).toHaveLength(10);
  });

  it('claims from the head of what is due, and does not look at the rest', async () => {
    const { engines: [engine] } = await replicas(1);
    const [connection = ''] = engine!.dispatcher.connectionIds();
    engine!.connection(connection).guard.isolate('only the plan');
    for (let taken = 0; taken < 2_000; taken += 200) await engine!.intake.take(Array.from({ length: 200 }, () => leadOf(`${newId()}@example.org`)));
    const superuser = new Database({ url: database.adminUrl, schema: 'crm', service: 'test' });
    await superuser.ready();
    const plan = await superuser.transaction(async (tx) => {
      await tx.query('ANALYZE deliveries');
      await tx.query('SET LOCAL plan_cache_mode = force_generic_plan');
      await tx.query(`PREPARE claim AS ${CLAIM.text}`);
      return (await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE claim('${connection}', 8, 1000)`)).map((line) => line['QUERY PLAN']).join('\n');
    });
    await superuser.close();
    expect(plan).toContain('Index Scan using deliveries_due');
    // Whoever expects next to nothing to be left reads and sorts all of it, as soon as it is long.
    expect(Number(/LockRows.* rows=(\d+)/.exec(plan)?.[1])).toBeGreaterThan(10);
  });

  it.each([
    ['there was little in it', ['DELETE FROM deliveries WHERE connection <> current_setting(\'test.connection\')', 'ANALYZE deliveries']],
    ['it was new', ['TRUNCATE deliveries', "DELETE FROM pg_statistic WHERE starelid = 'deliveries'::regclass"]],
  ])('settles by the key, and does not read the table, though a plan was made while %s', async (_, history) => {
    const { engines: [engine] } = await replicas(1);
    const [connection = ''] = engine!.dispatcher.connectionIds();
    engine!.connection(connection).guard.isolate('only the plan');
    await engine!.intake.take(Array.from({ length: 200 }, () => leadOf(`${newId()}@example.org`)));
    const superuser = new Database({ url: database.adminUrl, schema: 'crm', service: 'test' });
    await superuser.ready();
    const plan = await superuser.transaction(async (tx) => {
      await tx.query(`SET LOCAL test.connection = '${connection}'`);
      for (const statement of history) await tx.query(statement);
      await tx.query('SET LOCAL plan_cache_mode = force_generic_plan');
      await tx.query(`PREPARE settle AS ${SETTLE.text}`);
      const nothing = Array.from({ length: 19 }, () => `'{}'`).join(', ');
      return (await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE settle(${nothing})`)).map((line) => line['QUERY PLAN']).join('\n');
    });
    await superuser.close();
    expect(plan).toContain('Index Scan using deliveries_pkey');
    expect(plan).not.toContain('Seq Scan on deliveries');
  });
});
