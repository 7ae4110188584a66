import { createEvent, EXAMPLES } from '@posthorn/contracts';
import { CredentialsError, PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { type TestDatabase, waitFor } from '@posthorn/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, type EngineOptions, leadOf, startEngine, useDeliveryDatabase } from './engine.test-kit.js';

const down = (): Promise<never> => Promise.reject(new RetryableError('DOWN', 'the provider is down', { status: 503 }));

describe('delivery', () => {
  let database: TestDatabase;
  const engines: Engine[] = [];
  let site = 0;

  beforeAll(async () => {
    database = await useDeliveryDatabase();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  // Each test has connections of its own, so that the tests can share a database.
  const start = async (options: EngineOptions = {}): Promise<{ engine: Engine; id: string }> => {
    const id = `acme-${++site}`;
    const connections = (options.connections ?? [{}]).map((given) => ({ id, ...given }));
    const engine = await startEngine(database, { ...options, connections });
    engines.push(engine);
    return { engine, id };
  };

  it('delivers an event once, however often and in whatever company it comes', async () => {
    const { engine, id } = await start();
    const event = leadOf('ada@example.org');
    await Promise.all([engine.intake.take([event, leadOf('b@example.org')]), engine.intake.take([event]), engine.intake.take([event, event])]);
    await engine.reaches(event.id, 'delivered');
    await engine.intake.take([event]);
    const [delivery] = await engine.deliveries.ofEvent(event.id);
    expect(delivery).toMatchObject({ connection: id, action: 'sync-lead', attempts: 1, externalId: `ext-${event.id}`, outcome: 'crm.contact.synced' });
    expect(engine.provider(id).callsOf(event.id)).toHaveLength(1);
    expect(await engine.outcomes(event.id)).toEqual(['crm.contact.synced']);
  });

  it('passes over what nobody here handles, so that a release that learns to finds nothing of it', async () => {
    const { engine, id } = await start();
    const [other, lead] = [createEvent({ site: 'acme', type: 'order.paid', data: EXAMPLES['order.paid'] }), leadOf('ada@example.org')];
    await engine.intake.take([other, lead]);
    expect(await engine.database.query('SELECT event_id FROM inbox WHERE event_id = ANY($1)', [[other.id, lead.id]])).toEqual([{ event_id: lead.id }]);
    expect(await engine.deliveries.ofEvent(other.id)).toEqual([]);
    await engine.reaches(lead.id, 'delivered');
    expect(engine.provider(id).callsOf(other.id)).toEqual([]);
  });

  it('tries again after a retryable error, and says so each time', async () => {
    const { engine, id } = await start();
    const event = leadOf('ada@example.org');
    engine.provider(id).behaviour = (call) => (call.attempt < 3 ? down() : Promise.resolve('ext'));
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'delivered');
    expect((await engine.deliveries.ofEvent(event.id))[0]?.attempts).toBe(3);
    expect(await engine.outcomes(event.id)).toEqual(['crm-sync.delivery.deferred', 'crm-sync.delivery.deferred', 'crm.contact.synced']);
  });

  it('never tries again before the Retry-After of the provider', async () => {
    const { engine, id } = await start();
    const event = leadOf('ada@example.org');
    const times: number[] = [];
    engine.provider(id).behaviour = (call) => {
      times.push(Date.now());
      return call.attempt === 1 ? Promise.reject(new RetryableError('LIMIT', 'slow down', { status: 429, retryAfterMs: 1_500 })) : Promise.resolve('ext');
    };
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'delivered');
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_500);
  });

  it('buries a permanent failure at once, and redelivers it when a person says so', async () => {
    const { engine, id } = await start();
    const event = leadOf('ada@example.org');
    engine.provider(id).behaviour = () => Promise.reject(new PermanentError('INVALID', 'the provider refused it', { status: 422, remedy: 'fix it' }));
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'dead');
    const [dead] = await engine.deliveries.deadLetters(id);
    expect(dead).toMatchObject({ eventId: event.id, attempts: 1, error: { code: 'INVALID', message: 'the provider refused it', remedy: 'fix it' } });
    engine.provider(id).behaviour = () => Promise.resolve('ext');
    await engine.deliveries.redeliver(dead?.id ?? '');
    await engine.reaches(event.id, 'delivered');
    await expect(engine.deliveries.redeliver(dead?.id ?? '')).rejects.toMatchObject({ code: 'DELIVERY_NOT_REDELIVERABLE' });
    expect(await engine.outcomes(event.id)).toEqual(['crm-sync.delivery.dead', 'crm.contact.synced']);
  });

  it('records what a handler skips, with its reason, without a call', async () => {
    const { engine, id } = await start();
    const event = leadOf('ada@example.org', 'skip me');
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'skipped');
    expect((await engine.deliveries.ofEvent(event.id))[0]?.error).toEqual({ code: 'SKIPPED', message: 'the test says so' });
    expect(engine.provider(id).calls).toEqual([]);
    expect(await engine.outcomes(event.id)).toEqual(['crm-sync.delivery.skipped']);
  });

  it('keeps an event it does not understand as a dead letter', async () => {
    const { engine } = await start();
    const event = { ...leadOf('ada@example.org'), data: { person: { email: 'ada@example.org' }, fromTheFuture: true } };
    await engine.intake.take([event, {} as typeof event]);
    await engine.reaches(event.id, 'dead');
    const [delivery] = await engine.deliveries.ofEvent(event.id);
    expect(delivery?.error?.code).toBe('EVENT_INVALID');
    await expect(engine.deliveries.redeliver(delivery?.id ?? '')).rejects.toMatchObject({ code: 'DELIVERY_NOT_REDELIVERABLE' });
  });

  it('gives up after the time the policy grants', async () => {
    const { engine, id } = await start({ retry: { firstDelayMs: 10, maxDelayMs: 10, giveUpAfterMs: 300 } });
    engine.provider(id).behaviour = down;
    const event = leadOf('ada@example.org');
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'dead');
  });

  describe('when a provider is down', () => {
    it('opens its circuit, lets the other connection go on, burns no attempt while open, and delivers everything after', async () => {
      const guard = { volumeThreshold: 4, openMs: 400, maxOpenMs: 400, concurrency: 4 };
      const { engine, id } = await start({ connections: [{ guard }, { id: 'healthy', guard }] });
      const sick = engine.provider(id);
      sick.behaviour = down;
      let probes = 0;
      engine.connection(id).guard.onTransition(({ to }) => (probes += to === 'half-open' ? 1 : 0));
      const events = Array.from({ length: 30 }, (_, index) => leadOf(`p${index}@example.org`));
      await engine.intake.take(events);
      await waitFor(() => engine.connection(id).guard.state === 'open', { describe: 'the circuit to open' });
      const healthy = engine.provider('healthy');
      await waitFor(() => healthy.calls.length === 30, { describe: 'the other connection to deliver' });
      await waitFor(() => probes >= 2, { describe: 'two probes' });
      // What it took to open the circuit, what was under way by then, and one call for each probe.
      expect(sick.calls.length).toBeLessThanOrEqual(4 + 4 + probes);
      sick.behaviour = (call) => Promise.resolve(`ext-${call.eventId}`);
      await waitFor(
        async () => (await Promise.all(events.map(async ({ id: eventId }) => (await engine.deliveries.ofEvent(eventId)).every(({ state }) => state === 'delivered')))).every(Boolean),
        { timeoutMs: 20_000, describe: 'everything to be delivered' },
      );
      for (const event of events) {
        const deliveries = await engine.deliveries.ofEvent(event.id);
        const attempts = deliveries.find(({ connection }) => connection === id)?.attempts;
        expect(attempts).toBe(sick.callsOf(event.id).length);
        expect(healthy.callsOf(event.id)).toHaveLength(1);
      }
      const types = await engine.database.query<{ type: string }>(`SELECT type FROM ledger WHERE type LIKE '%circuit%' AND envelope LIKE $1 ORDER BY id`, [`%"${id}"%`]);
      expect(types.map(({ type }) => type)).toEqual(expect.arrayContaining(['crm-sync.circuit.opened', 'crm-sync.circuit.half-opened', 'crm-sync.circuit.closed']));
    });

    it('parks the connection on refused credentials, burns no attempt, alerts once, and resumes on release', async () => {
      const { engine, id } = await start();
      engine.provider(id).behaviour = () => Promise.reject(new CredentialsError('TOKEN', 'the token is not accepted', { status: 401 }));
      const events = [leadOf('a@example.org'), leadOf('b@example.org'), leadOf('c@example.org')];
      await engine.intake.take(events);
      await waitFor(() => engine.connection(id).guard.state === 'parked');
      const settled = async (): Promise<boolean> => {
        const all = await Promise.all(events.map((event) => engine.deliveries.ofEvent(event.id)));
        return all.flat().every(({ state, attempts }) => state === 'pending' && attempts === 0);
      };
      await waitFor(settled, { describe: 'the deliveries to be put back' });
      const alerts = await waitFor(async () => {
        const rows = await engine.database.query<{ envelope: string }>(`SELECT envelope FROM ledger WHERE type = 'crm-sync.credentials.rejected' AND envelope LIKE $1`, [`%"${id}"%`]);
        return rows.length > 0 && rows;
      });
      expect(alerts).toHaveLength(1);
      engine.provider(id).behaviour = () => Promise.resolve('ext');
      engine.connection(id).guard.release();
      for (const event of events) await engine.reaches(event.id, 'delivered');
    });
  });

  describe('stopping', () => {
    it('waits for the calls that run and settles them, and leaves the rest alone', async () => {
      const { engine, id } = await start({ connections: [{ guard: { concurrency: 1 } }] });
      let finish: (value: string) => void = () => undefined;
      engine.provider(id).behaviour = () => new Promise((resolve) => (finish = resolve));
      const events = [leadOf('a@example.org'), leadOf('b@example.org')];
      await engine.intake.take(events);
      await waitFor(() => engine.provider(id).calls.length === 1);
      const stopped = engine.stop();
      await waitFor(() => engine.dispatcher.stopping);
      finish('ext');
      await stopped;
      engines.splice(0);
      const { engine: next } = await start();
      const states = (await Promise.all(events.map((event) => next.deliveries.ofEvent(event.id)))).flat().map(({ state, attempts }) => [state, attempts]);
      expect(states).toEqual([['delivered', 1], ['pending', 0]]);
    });
  });

  it('settles an unclassified error as unknown and then tries again', async () => {
    const { engine, id } = await start();
    const event = leadOf('ada@example.org');
    engine.provider(id).behaviour = (call) => (call.attempt === 1 ? Promise.reject(new TypeError('oops')) : Promise.resolve('ext'));
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'delivered');
    expect(await engine.outcomes(event.id)).toEqual(['crm-sync.delivery.unknown', 'crm.contact.synced']);
  });

  it('says unknown when a call ignores its deadline, even if it succeeds later', async () => {
    const { engine, id } = await start({ connections: [{ guard: { deadlineMs: 100 } }] });
    const event = leadOf('ada@example.org');
    engine.provider(id).behaviour = (call) => (call.attempt === 1 ? new Promise((resolve) => setTimeout(() => resolve('late'), 300)) : Promise.reject(new UnknownOutcomeError('X', 'x')));
    await engine.intake.take([event]);
    await engine.reaches(event.id, 'unknown');
  });
});
