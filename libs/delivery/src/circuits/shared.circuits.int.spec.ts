import { type INestApplicationContext } from '@nestjs/common';
import { type PosthornEvent } from '@posthorn/contracts';
import { CredentialsError, RetryableError } from '@posthorn/resilience';
import { createFaultProxy, type TestDatabase, waitFor } from '@posthorn/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConnectionControls } from '../operations/connection.controls.js';
import { type Engine, type EngineOptions, leadOf, type ProviderCall, ScriptedProvider, SERVICE, startEngine, useDeliveryDatabase } from '../engine.test-kit.js';

const down = (): Promise<never> => Promise.reject(new RetryableError('DOWN', 'the provider is down', { status: 503 }));
const refused = (): Promise<never> => Promise.reject(new CredentialsError('REFUSED', 'the token is not accepted', { status: 401 }));
const accepted = ({ eventId }: ProviderCall): Promise<string> => Promise.resolve(`ext-${eventId}`);

describe('three replicas before one provider', () => {
  let database: TestDatabase;
  const engines: Engine[] = [];
  let count = 0;

  beforeAll(async () => {
    database = await useDeliveryDatabase();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  const start = async (id: string, provider: ScriptedProvider, guard: object, options: EngineOptions = {}): Promise<Engine> => {
    let app: INestApplicationContext | undefined;
    const engine = await startEngine(database, { ...options, connections: [{ id, guard }], providers: new Map([[id, provider]]), prepare: (context) => void (app = context) });
    engines.push(engine);
    await app!.get(ConnectionControls, { strict: false }).learn();
    return engine;
  };
  const three = async (name: string, guard: object) => {
    const id = `acme-${name}-${++count}`;
    const provider = new ScriptedProvider();
    const replicas: Engine[] = [];
    for (let i = 0; i < 3; i++) replicas.push(await start(id, provider, guard));
    const states = (): string[] => replicas.map((engine) => engine.connection(id).guard.state);
    const all = (state: string): Promise<unknown> => waitFor(() => states().every((each) => each === state), { timeoutMs: 15_000, describe: () => `all ${state}; they are ${states().join(', ')}` });
    const outcomes = async (): Promise<string[]> => {
      const rows = await replicas[0]!.database.query<{ type: string }>(
        `SELECT type FROM ledger WHERE envelope::json -> 'data' ->> 'connection' = $1 AND (type LIKE '%.circuit.%' OR type LIKE '%.credentials.%') ORDER BY id`, [id]);
      return rows.map(({ type }) => type.replace(`${SERVICE}.`, ''));
    };
    return { id, provider, replicas, all, outcomes };
  };
  const leads = (n: number): PosthornEvent[] => Array.from({ length: n }, (_, i) => leadOf(`p${i}-${++count}@example.org`));
  const delivered = async (engine: Engine, id: string): Promise<number> =>
    (await engine.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM deliveries WHERE connection = $1 AND state = 'delivered'`, [id]))[0]!.n;

  it('open together, test once each interval, and close together', async () => {
    const { id, provider, replicas, all, outcomes } = await three('down', { concurrency: 4, openMs: 1_500, maxOpenMs: 1_500 });
    const calls: number[] = [];
    provider.behaviour = () => {
      calls.push(Date.now());
      return down();
    };
    const events = leads(60);
    await replicas[0]!.intake.take(events);
    await waitFor(async () => (await outcomes()).includes('circuit.opened'));
    // From here on whoever calls does so as the one test of an interval; calls that were under way have ended.
    await waitFor(() => replicas.every((engine) => engine.connection(id).guard.state !== 'closed'));
    const before = calls.length;
    await waitFor(() => calls.length >= before + 4, { timeoutMs: 20_000, describe: 'four tests' });
    const tests = calls.slice(before);
    for (const [index, at] of tests.slice(1).entries()) expect(at - tests[index]!).toBeGreaterThan(1_400);
    provider.behaviour = accepted;
    await all('closed');
    await waitFor(async () => (await delivered(replicas[0]!, id)) === events.length, { timeoutMs: 15_000 });
    const [{ attempts } = { attempts: 0 }] = await replicas[0]!.database.query<{ attempts: number }>('SELECT sum(attempts)::int AS attempts FROM deliveries WHERE connection = $1', [id]);
    expect(attempts).toBe(provider.calls.length);
    const told = await outcomes();
    expect([told[0], told.at(-1), told.filter((type) => type === 'circuit.closed').length]).toEqual(['circuit.opened', 'circuit.closed', 1]);
    expect(told.filter((type) => type === 'circuit.half-opened').length).toBeLessThanOrEqual(tests.length + 1);
  });

  it('stop for one refusal of credentials, test it once a time, and go on together', async () => {
    const { id, provider, replicas, all, outcomes } = await three('parked', { parkedProbeMs: 1_200, maxParkedProbeMs: 1_200 });
    const calls: number[] = [];
    provider.behaviour = () => {
      calls.push(Date.now());
      return refused();
    };
    await replicas[0]!.intake.take(leads(1));
    await all('parked');
    // One that had not heard of it yet may have called as well; from here on, whoever calls does so as the one test.
    const before = calls.length;
    const events = leads(20);
    await replicas[1]!.intake.take(events);
    await waitFor(() => calls.length >= before + 3, { timeoutMs: 15_000, describe: 'three tests' });
    const tests = calls.slice(before);
    for (const [index, at] of tests.slice(1).entries()) expect(at - tests[index]!).toBeGreaterThan(1_100);
    provider.behaviour = accepted;
    await all('closed');
    await waitFor(async () => (await delivered(replicas[0]!, id)) === 21, { timeoutMs: 15_000 });
    expect(await outcomes()).toEqual(['credentials.rejected', 'circuit.closed']);
    const [{ most } = { most: 0 }] = await replicas[0]!.database.query<{ most: number }>('SELECT max(attempts)::int AS most FROM deliveries WHERE connection = $1', [id]);
    expect(most).toBe(1);
  });

  it('let another one test when the one that was testing has died', async () => {
    const { id, provider, replicas, all } = await three('died', { openMs: 1_800, volumeThreshold: 1 });
    provider.behaviour = down;
    await replicas[0]!.intake.take(leads(30));
    await all('open');
    const before = provider.calls.length;
    const since = Date.now();
    // What its test leaves behind: nobody will tell how it ended.
    await replicas[0]!.database.query(`UPDATE connection_circuits SET probed_until = now() + interval '4 seconds' WHERE connection = $1`, [id]);
    provider.behaviour = accepted;
    await waitFor(() => provider.calls.length > before, { timeoutMs: 15_000 });
    expect(Date.now() - since).toBeGreaterThanOrEqual(3_900);
    await all('closed');
  });

  it('follow the first of those that find out at the same moment, and tell it once', async () => {
    const { id, replicas, all, outcomes } = await three('moment', { openMs: 60_000, volumeThreshold: 1 });
    await Promise.all(replicas.map((engine) => engine.connection(id).guard.run(down).catch(() => undefined)));
    await all('open');
    const row = async () => (await replicas[0]!.database.query<{ revision: number; at: Date }>('SELECT revision, open_until AS at FROM connection_circuits WHERE connection = $1', [id]))[0];
    const { at } = await waitFor(row);
    // Drawn at random up to 12 s apart; only who follows has the same end.
    const off = (): number[] => replicas.map((engine) => Math.abs((engine.connection(id).guard.openUntil?.getTime() ?? 0) - at.getTime()));
    await waitFor(() => off().every((ms) => ms < 500), { describe: () => `one end of the interval; it is off by ${off().join(', ')} ms` });
    expect([(await row())?.revision, await outcomes()]).toEqual([1, ['circuit.opened']]);
  });

  it('start knowing that the provider is down', async () => {
    const { id, provider, replicas, all } = await three('late', { openMs: 60_000, volumeThreshold: 1 });
    provider.behaviour = down;
    await replicas[0]!.intake.take(leads(10));
    await all('open');
    const before = provider.calls.length;
    const late = await start(id, provider, { openMs: 60_000 });
    await waitFor(() => late.connection(id).guard.state === 'open');
    expect([provider.calls.length, late.connection(id).guard.reason]).toEqual([before, 'DOWN: the provider is down']);
  });

  it('test refused credentials at once when one of them starts: it may have been given new ones', async () => {
    const { id, provider, replicas, all } = await three('mended', { parkedProbeMs: 60_000 });
    provider.behaviour = refused;
    const events = leads(5);
    await replicas[0]!.intake.take(events);
    await all('parked');
    provider.behaviour = accepted;
    await start(id, provider, { parkedProbeMs: 60_000 });
    await all('closed');
    await waitFor(async () => (await delivered(replicas[0]!, id)) === events.length);
  });

  it('decide alone while nothing can be written, and tell it afterwards', async () => {
    const id = `acme-alone-${++count}`;
    const provider = new ScriptedProvider();
    const guardSettings = { openMs: 100, maxOpenMs: 100, volumeThreshold: 1 };
    const proxy = await createFaultProxy({ target: { port: database.port } });
    const behind = { ...database, urlFor: (role: string) => throughPort(database.urlFor(role), proxy.port) };
    const alone = await startEngine(behind, { connections: [{ id, guard: guardSettings }], providers: new Map([[id, provider]]) });
    engines.push(alone);
    const other = await start(id, provider, { openMs: 60_000 });
    await waitFor(() => alone.database.unavailable === undefined);
    proxy.cut();
    await waitFor(() => alone.database.unavailable !== undefined);
    const { guard } = alone.connection(id);
    await guard.run(down).catch(() => undefined);
    expect([guard.state, other.connection(id).guard.state]).toEqual(['open', 'closed']);
    await waitFor(() => guard.state === 'half-open');
    // Nobody can be asked: the test is not kept waiting.
    await guard.run(down).catch(() => undefined);
    expect(guard.standing.failures).toBe(1);
    proxy.restore();
    await waitFor(() => other.connection(id).guard.state !== 'closed', { timeoutMs: 15_000 });
    await waitFor(() => guard.state === 'half-open');
    await guard.run(() => Promise.resolve());
    await waitFor(() => other.connection(id).guard.state === 'closed');
    await alone.stop();
    engines.splice(engines.indexOf(alone), 1);
    await proxy.close();
  });
});

function throughPort(url: string, port: number): string {
  const through = new URL(url);
  through.port = String(port);
  return through.href;
}
