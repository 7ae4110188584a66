import { type PosthornEvent } from '@posthorn/contracts';
import { PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { type TestDatabase, waitFor } from '@posthorn/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult } from './delivery.handler.js';
import { Delivers } from './delivers.decorator.js';
import { callOf, type Engine, type EngineOptions, LeadHandler, leadOf, type ScriptedProvider, startEngine, useDeliveryDatabase } from './engine.test-kit.js';

@Delivers({ types: 'lead.submitted', action: 'mail-lead', unknown: ({ options }) => (options['unknownOutcome'] === 'at-most-once' ? 'hold' : 'retry') })
class MailHandler extends LeadHandler {}

/** What the provider of AskingHandler already holds, by event. */
const held = new Map<string, string>();

@Delivers({ types: 'lead.submitted', action: 'ask-lead', unknown: 'ask' })
class AskingHandler implements DeliveryHandler<'lead.submitted', ScriptedProvider> {
  asked = 0;

  orderingKey(event: PosthornEvent<'lead.submitted'>): string {
    return event.id;
  }

  async deliver(event: PosthornEvent<'lead.submitted'>, call: DeliveryCall<ScriptedProvider>): Promise<DeliveryResult> {
    return { externalId: await call.provider.call(callOf(event.id, call)), outcome: 'crm.contact.synced' };
  }

  find(event: PosthornEvent<'lead.submitted'>): Promise<DeliveryResult | undefined> {
    this.asked += 1;
    if (held.get(event.id) === 'unreachable') {
      held.delete(event.id);
      return Promise.reject(new RetryableError('DOWN', 'down'));
    }
    const externalId = held.get(event.id);
    return Promise.resolve(externalId === undefined ? undefined : { externalId, outcome: 'crm.contact.synced' });
  }
}

describe('a crash during a call', () => {
  let database: TestDatabase;
  const engines: Engine[] = [];
  let count = 0;

  beforeAll(async () => {
    database = await useDeliveryDatabase();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  const start = async (options: EngineOptions): Promise<{ engine: Engine; id: string }> => {
    const id = `acme-crash-${++count}`;
    const engine = await startEngine(database, { ...options, connections: (options.connections ?? [{}]).map((given) => ({ id, ...given })) });
    engines.push(engine);
    return { engine, id };
  };

  /** What a kill -9 leaves behind: an attempt that was committed, and a lease that has run out. */
  const crashDuring = async (engine: Engine, event: PosthornEvent): Promise<void> => {
    for (const connection of engine.dispatcher.connectionIds()) engine.connection(connection).guard.isolate('the test');
    await engine.intake.take([event]);
    const rows = await engine.database.query(
      `UPDATE deliveries SET state = 'attempting', attempts = 1, fence = 1, first_attempt_at = now(), lease_until = now() - interval '1 second'
        WHERE event_id = $1 RETURNING id`,
      [event.id],
    );
    expect(rows).toHaveLength(1);
    for (const connection of engine.dispatcher.connectionIds()) engine.connection(connection).guard.release();
  };

  it('has committed its attempt before the provider is called', async () => {
    const { engine, id } = await start({ handlers: [LeadHandler] });
    const event = leadOf('ada@example.org');
    const seen: unknown[] = [];
    engine.provider(id).behaviour = async () => {
      // What another connection sees is what is left if we are killed now.
      seen.push(...(await engine.database.query('SELECT state, attempts, fence, lease_until > now() AS leased FROM deliveries WHERE event_id = $1', [event.id])));
      return 'ext';
    };
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'delivered');
    expect(seen).toEqual([{ state: 'attempting', attempts: 1, fence: 1, leased: true }]);
  });

  it('becomes unknown when the lease runs out, and is repeated where that is safe', async () => {
    const { engine, id } = await start({ handlers: [LeadHandler] });
    const event = leadOf('ada@example.org');
    await crashDuring(engine, event);
    await engine.reaches(event.id, 'delivered');
    expect(engine.provider(id).callsOf(event.id).map(({ attempt }) => attempt)).toEqual([2]);
    expect(await engine.outcomes(event.id)).toEqual(['crm-sync.delivery.unknown', 'crm.contact.synced']);
  });

  it('is held for a person where a repetition could happen twice, by the option of the connection', async () => {
    const { engine, id } = await start({ handlers: [MailHandler], connections: [{ options: { unknownOutcome: 'at-most-once' } }] });
    const event = leadOf('ada@example.org');
    await crashDuring(engine, event);
    await engine.reaches(event.id, 'held');
    expect(engine.provider(id).callsOf(event.id)).toEqual([]);
    const [delivery] = await engine.deliveries.ofEvent(event.id);
    expect(delivery?.error?.code).toBe('LEASE_EXPIRED');
    await engine.deliveries.redeliver(delivery!.id);
    await engine.reaches(event.id, 'delivered');
  });

  it('is sent again where the connection says at least once', async () => {
    const { engine } = await start({ handlers: [MailHandler], connections: [{ options: { unknownOutcome: 'at-least-once' } }] });
    const event = leadOf('ada@example.org');
    await crashDuring(engine, event);
    await engine.reaches(event.id, 'delivered');
  });

  it('asks the provider, and does not deliver what is already there', async () => {
    const { engine, id } = await start({ handlers: [AskingHandler] });
    const event = leadOf('ada@example.org');
    held.set(event.id, 'ext-from-before');
    await crashDuring(engine, event);
    await engine.reaches(event.id, 'delivered');
    expect(engine.provider(id).callsOf(event.id)).toEqual([]);
    expect((await engine.deliveries.ofEvent(event.id))[0]?.externalId).toBe('ext-from-before');
  });

  it('asks again until there is an answer, and delivers what is not there', async () => {
    const { engine, id } = await start({ handlers: [AskingHandler] });
    const event = leadOf('ada@example.org');
    held.set(event.id, 'unreachable');
    await crashDuring(engine, event);
    await engine.reaches(event.id, 'delivered');
    expect(engine.provider(id).callsOf(event.id)).toHaveLength(1);
    expect(await engine.outcomes(event.id)).toEqual(['crm-sync.delivery.unknown', 'crm-sync.delivery.unknown', 'crm.contact.synced']);
  });

  it('holds an unknown outcome at once where the policy says so', async () => {
    const { engine, id } = await start({ handlers: [MailHandler], connections: [{ options: { unknownOutcome: 'at-most-once' } }] });
    const event = leadOf('ada@example.org');
    engine.provider(id).behaviour = () => Promise.reject(new UnknownOutcomeError('CUT', 'the connection broke'));
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'held');
    expect(engine.provider(id).calls).toHaveLength(1);
  });

  it('believes the settlement of a call that outlived its lease', async () => {
    const { engine, id } = await start({ handlers: [MailHandler], connections: [{ options: { unknownOutcome: 'at-most-once' } }] });
    const event = leadOf('ada@example.org');
    let finish: (externalId: string) => void = () => undefined;
    engine.provider(id).behaviour = () => new Promise((resolve) => (finish = resolve));
    await engine.intake.take([event]);
    await waitFor(() => engine.provider(id).calls.length === 1);
    await engine.database.query(`UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE event_id = $1`, [event.id]);
    await engine.reaches(event.id, 'held');
    finish('ext');
    await engine.reaches(event.id, 'delivered');
    expect(await engine.outcomes(event.id)).toEqual(['crm-sync.delivery.held', 'crm.contact.synced']);
  });

  it('ignores the settlement of a claim that was taken over', async () => {
    const { engine, id } = await start({ handlers: [LeadHandler] });
    const event = leadOf('ada@example.org');
    let finish: (externalId: string) => void = () => undefined;
    engine.provider(id).behaviour = (call) => (call.attempt === 1 ? new Promise((resolve) => (finish = resolve)) : Promise.resolve('ext-second'));
    await engine.intake.take([event]);
    await waitFor(() => engine.provider(id).calls.length === 1);
    await engine.database.query(`UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE event_id = $1`, [event.id]);
    await engine.reaches(event.id, 'delivered');
    finish('ext-first');
    await engine.stop();
    engines.splice(0);
    const { engine: next } = await start({ handlers: [LeadHandler] });
    expect((await next.deliveries.ofEvent(event.id))[0]?.externalId).toBe('ext-second');
    expect(await next.outcomes(event.id)).toEqual(['crm-sync.delivery.unknown', 'crm.contact.synced']);
  });

  it('does not let the late failure of a claim that was taken over end the attempt that runs now', async () => {
    const { engine, id } = await start({ handlers: [LeadHandler] });
    const event = leadOf('ada@example.org');
    let fail: (error: Error) => void = () => undefined;
    let finish: (externalId: string) => void = () => undefined;
    engine.provider(id).behaviour = (call) =>
      new Promise((resolve, reject) => {
        if (call.attempt === 1) fail = reject;
        else finish = resolve;
      });
    await engine.intake.take([event]);
    await waitFor(() => engine.provider(id).calls.length === 1);
    await engine.database.query(`UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE event_id = $1`, [event.id]);
    await waitFor(() => engine.provider(id).calls.length === 2);
    fail(new PermanentError('LATE', 'refused after all'));
    // The second call can only end after the first one has been settled: settlements keep their order.
    await waitFor(() => engine.provider(id).running === 1);
    finish('ext-second');
    await engine.reaches(event.id, 'delivered');
    expect(await engine.outcomes(event.id)).toEqual(['crm-sync.delivery.unknown', 'crm.contact.synced']);
  });

  it('settles a delivery and its outcome together or not at all', async () => {
    const { engine } = await start({ handlers: [LeadHandler] });
    const event = leadOf('ada@example.org');
    await engine.database.query('SELECT 1');
    const admin = await import('pg').then(({ Client }) => new Client({ connectionString: database.adminUrl }));
    await admin.connect();
    try {
      await admin.query(`ALTER TABLE crm.ledger ADD CONSTRAINT refuse CHECK (type <> 'crm.contact.synced') NOT VALID`);
      await engine.intake.take([event]);
      await waitFor(() => engine.provider(`acme-crash-${count}`).calls.length === 1);
      await admin.query(`UPDATE crm.deliveries SET lease_until = now() - interval '1 second' WHERE event_id = $1`, [event.id]);
      const [before] = await engine.deliveries.ofEvent(event.id);
      expect(before?.state).not.toBe('delivered');
      expect(await engine.outcomes(event.id)).not.toContain('crm.contact.synced');
    } finally {
      await admin.query('ALTER TABLE crm.ledger DROP CONSTRAINT refuse');
      await admin.end();
    }
    await engine.database.query(`UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE event_id = $1 AND state = 'attempting'`, [event.id]);
    await engine.reaches(event.id, 'delivered');
    expect((await engine.outcomes(event.id)).filter((type) => type === 'crm.contact.synced')).toHaveLength(1);
  });
});
