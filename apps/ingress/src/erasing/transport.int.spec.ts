import { execFileSync } from 'node:child_process';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { EVENTS_STREAM, type PosthornEvent } from '@posthorn/contracts';
import { NatsConnectionProvider } from '@posthorn/messaging';
import { type TestDatabase, type TestNats, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lead, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { TransportErasures } from './transport.erasures.js';

describe('the messages of erased events', () => {
  let database: TestDatabase;
  let nats: TestNats;
  let ingress: TestIngress;
  let ledger: Client;

  beforeAll(async () => {
    [database, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, nats.servers);
    ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
    await ledger.connect();
    ingress = await start();
  });
  afterAll(async () => {
    await ingress.stop();
    await ledger.end();
  });

  const start = async (): Promise<TestIngress> => {
    const started = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers });
    await waitFor(async () => (await started.get('/ready')).ok, { describe: 'ingress to be ready' });
    return started;
  };
  const accept = async (email: string): Promise<string> => ((await (await ingress.submit(lead(email))).json()) as { id: string }).id;
  const erase = async (email: string): Promise<string> => ((await (await ingress.erase({ email })).json()) as { id: string }).id;
  const relayed = () => waitFor(async () => (await ledger.query('SELECT FROM unrelayed')).rowCount === 0, { describe: 'everything to be relayed' });
  /** Whether the text is anywhere in the files of NATS. */
  const inFiles = (text: string): boolean => {
    try {
      execFileSync('grep', ['-rqa', text, nats.storeDir]);
      return true;
    } catch {
      return false;
    }
  };
  const said = async (request: string): Promise<PosthornEvent[]> => {
    const sql = "SELECT envelope::jsonb AS envelope FROM ledger WHERE type = 'privacy.transport_erased' AND envelope::jsonb ->> 'causationid' = $1";
    return (await ledger.query<{ envelope: PosthornEvent }>(sql, [request])).rows.map(({ envelope }) => envelope);
  };
  const saidOf = (request: string) => waitFor(async () => (await said(request))[0], { timeoutMs: 20_000, describe: 'the transport to be erased' });

  it('are overwritten in the files of NATS, and that is said', async () => {
    await Promise.all([accept('karla@example.com'), accept('karla@example.com'), accept('lars@example.com')]);
    await relayed();
    await waitFor(() => inFiles('karla@example.com'), { describe: 'the messages to be written' });
    const request = await erase('karla@example.com');
    expect(await saidOf(request)).toMatchObject({ site: 'acme', correlationid: request, causationid: request, data: { messages: 2 } });
    expect([inFiles('karla@example.com'), inFiles('lars@example.com')]).toEqual([false, true]);
  });

  it('are overwritten too when they were on their way', async () => {
    const requests: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      await accept(`olaf${i}@example.com`);
      requests.push(await erase(`olaf${i}@example.com`));
    }
    for (const request of requests) expect(await saidOf(request)).toMatchObject({ data: { messages: 1 } });
    expect(inFiles('olaf[0-9]*@example.com')).toBe(false);
  });

  it('are none where the ledger had nothing, which is said as well', async () => {
    expect(await saidOf(await erase('nobody@example.com'))).toMatchObject({ data: { messages: 0 } });
  });

  it('are published without what was erased before NATS had them, and go after a restart', async () => {
    await nats.kill('SIGKILL');
    await accept('marta@example.com');
    const request = await erase('marta@example.com');
    await ingress.stop();
    await nats.start();
    expect(await said(request)).toEqual([]);
    ingress = await start();
    expect(await saidOf(request)).toMatchObject({ data: { messages: 1 } });
    expect(inFiles('marta@example.com')).toBe(false);
  });

  it('are looked for by one replica, and told of once', async () => {
    const other = await start();
    try {
      await Promise.all(Array.from({ length: 10 }, (_, i) => accept(`nora${i}@example.com`)));
      await relayed();
      const requests = await Promise.all(Array.from({ length: 10 }, (_, i) => erase(`nora${i}@example.com`)));
      for (const request of requests) expect(await saidOf(request)).toMatchObject({ data: { messages: 1 } });
      expect((await ledger.query("SELECT FROM ledger WHERE type = 'privacy.transport_erased' AND (envelope::jsonb ->> 'causationid')::uuid = ANY($1)", [requests])).rowCount).toBe(10);
    } finally {
      await other.stop();
    }
  });

  it('are for one replica alone while it looks for them, and for another one when it gives up', async () => {
    const other = await start();
    await nats.kill('SIGKILL');
    await waitFor(() => [ingress, other].every(({ app }) => !app.get(NatsConnectionProvider).connected), { describe: 'NATS to be missed' });
    const request = await erase('nobody@example.com');
    const [mine, theirs] = [ingress.app.get(TransportErasures), other.app.get(TransportErasures)];
    const claims = await Promise.all([mine.claim(), theirs.claim(), mine.claim(), theirs.claim()]);
    const [claimed, ...more] = claims.filter((claim) => claim !== undefined);
    expect([claimed?.requests.map(({ id }) => id), more]).toEqual([[request], []]);
    await mine.giveUp(claimed!, new Map([[request, 3]]));
    const again = await theirs.claim();
    await theirs.complete(again!, new Map([[request, 2]]));
    expect(await said(request)).toMatchObject([{ data: { messages: 5 } }]);
    await nats.start();
    await other.stop();
  });

  it('leave nothing behind in NATS but the others', async () => {
    const connection = await connect({ servers: nats.servers });
    const manager = await jetstreamManager(connection);
    expect(await manager.consumers.list(EVENTS_STREAM).next()).toEqual([]);
    await connection.close();
  });
});
