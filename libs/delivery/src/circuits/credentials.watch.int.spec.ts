import { CredentialsError } from '@posthorn/resilience';
import { type TestDatabase, waitFor } from '@posthorn/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, leadOf, ScriptedProvider, startEngine, useDeliveryDatabase } from '../engine.test-kit.js';

describe('the watch over credentials', () => {
  let database: TestDatabase;
  const engines: Engine[] = [];
  let count = 0;

  beforeAll(async () => {
    database = await useDeliveryDatabase();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  const watched = async (name: string, guard: object, replicas = 1) => {
    const id = `acme-${name}-${++count}`;
    const provider = new ScriptedProvider();
    const bad = { credentials: false };
    const checks: number[] = [];
    const check = (): Promise<void> => {
      checks.push(Date.now());
      return bad.credentials ? Promise.reject(new CredentialsError('REFUSED', 'the token is not accepted', { status: 401 })) : Promise.resolve();
    };
    const start = async (): Promise<Engine> => {
      const engine = await startEngine(database, { connections: [{ id, guard }], providers: new Map([[id, provider]]), check });
      engines.push(engine);
      return engine;
    };
    const started: Engine[] = [];
    for (let i = 0; i < replicas; i++) started.push(await start());
    return { id, provider, bad, checks, engine: started[0]!, start };
  };
  const told = async ({ database: asked }: Engine, id: string): Promise<string[]> => {
    const rows = await asked.query<{ type: string }>(`SELECT type FROM ledger WHERE envelope::json -> 'data' ->> 'connection' = $1 AND type ~ 'circuit|credentials' ORDER BY id`, [id]);
    return rows.map(({ type }) => type);
  };

  it('notices refused credentials before an event does, and resumes when they are mended, without anybody', async () => {
    const { id, provider, bad, checks, engine } = await watched('idle', { credentialsCheckMs: 1_000, parkedProbeMs: 500, maxParkedProbeMs: 1_000 });
    await waitFor(() => checks.length > 0);
    bad.credentials = true;
    provider.behaviour = () => Promise.reject(new CredentialsError('REFUSED', 'the token is not accepted', { status: 401 }));
    await waitFor(async () => (await told(engine, id)).includes('crm-sync.credentials.rejected'));
    const event = leadOf('ada@example.org');
    await engine.intake.take([event]);
    bad.credentials = false;
    provider.behaviour = () => Promise.resolve('ext');
    await engine.reaches(event.id, 'delivered');
    expect((await engine.deliveries.ofEvent(event.id))[0]).toMatchObject({ attempts: 1 });
    // The circuit tells of itself in a transaction of its own.
    await waitFor(async () => (await told(engine, id)).length > 1);
    expect(await told(engine, id)).toEqual(['crm-sync.credentials.rejected', 'crm-sync.circuit.closed']);
  });

  it('asks when a process starts, and no more often for many replicas', async () => {
    const { checks, start } = await watched('replicas', { credentialsCheckMs: 3_000 }, 3);
    await waitFor(() => checks.length >= 5, { timeoutMs: 20_000 });
    // One for each start; then one an interval, whoever asks.
    for (const [index, at] of checks.slice(4).entries()) expect(at - checks[index + 3]!).toBeGreaterThan(2_900);
    const before = checks.length;
    const since = Date.now();
    await start();
    await waitFor(() => checks.length > before);
    expect(Date.now() - since).toBeLessThan(2_900);
  });

  it('does not ask where deliveries prove it', async () => {
    const { id, provider, checks, engine } = await watched('busy', { credentialsCheckMs: 4_000 });
    await waitFor(() => checks.length === 1);
    const end = Date.now() + 6_000;
    while (Date.now() < end) {
      const event = leadOf(`p${provider.calls.length}@example.org`);
      await engine.intake.take([event]);
      await engine.reaches(event.id, 'delivered');
    }
    expect([checks.length, engine.connection(id).guard.state]).toEqual([1, 'closed']);
  });
});
