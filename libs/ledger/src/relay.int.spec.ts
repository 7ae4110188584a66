import { rmSync } from 'node:fs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM } from '@posthorn/contracts';
import { createFaultProxy, type NatsServer, startNats, type TestDatabase, waitFor } from '@posthorn/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { entryOf, lead, provisionedDatabase, provisionTopology, type Replica, startReplica } from './ledger.test-kit.js';

let test: TestDatabase;
let nats: NatsServer;
let admin: NatsConnection;
const replicas: Replica[] = [];

beforeAll(async () => {
  test = await provisionedDatabase();
});
beforeEach(async () => {
  nats = await startNats();
  admin = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  await provisionTopology([nats.url], 'check');
});
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.close()));
  await admin.close();
  await nats.stop();
});
afterAll(async () => {
  const replica = await startReplica(test, ['127.0.0.1:1']);
  await replica.close();
});

it('publishes right after the commit, once, and crosses off what NATS has stored', async () => {
  const replica = await start();
  const ids = await accept(replica, 2_000);
  await waitFor(async () => (await replica.relay.backlog()) === 0, { describe: 'nothing left to relay' });
  expect(await stream()).toEqual(ids.sort());
});

it('publishes what was appended in a transaction after its commit, and nothing of one that was rolled back', async () => {
  const replica = await start();
  const [kept, dropped] = [lead('kept'), lead('dropped')];
  await replica.database.transaction((tx) => replica.ledger.append(tx, [entryOf(kept)]));
  await replica.database
    .transaction(async (tx) => {
      await replica.ledger.append(tx, [entryOf(dropped)]);
      throw new Error('no');
    })
    .catch(() => undefined);
  await waitFor(async () => (await replica.relay.backlog()) === 0);
  expect(await stream()).toEqual([kept.id]);
});

it('goes on accepting without NATS and relays everything when it is back', async () => {
  const replica = await start();
  await nats.kill('SIGKILL');
  await waitFor(() => !replica.provider.connected);
  const ids = await accept(replica, 1_500);
  expect(await replica.relay.backlog()).toBe(1_500);
  await nats.start();
  await waitFor(async () => (await replica.relay.backlog()) === 0, { timeoutMs: 20_000 });
  expect(await stream()).toEqual(ids.sort());
});

it('loses nothing when NATS is killed again and again under load', async () => {
  const replica = await start();
  const ids: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const accepting = accept(replica, 1_000);
    await nats.kill('SIGKILL');
    ids.push(...(await accepting), ...(await accept(replica, 200)));
    await nats.start();
    await waitFor(() => replica.provider.connected);
  }
  await waitFor(async () => (await replica.relay.backlog()) === 0, { timeoutMs: 30_000 });
  expect(await stream()).toEqual(ids.sort());
}, 60_000);

it('crosses off nothing on its own word: NATS takes entries, stores none of them and dies', async () => {
  const replica = await start();
  await nats.kill('SIGSTOP');
  const ids = await accept(replica, 200);
  expect(replica.provider.connected).toBe(true);
  expect(await replica.relay.backlog()).toBe(200);
  await nats.kill('SIGKILL');
  await nats.start();
  await waitFor(async () => (await replica.relay.backlog()) === 0, { timeoutMs: 20_000 });
  expect(await stream()).toEqual(ids.sort());
});

it('relays after a restart what the process before it left behind', async () => {
  const before = await startReplica(test, ['127.0.0.1:1']);
  const ids = await accept(before, 600);
  await before.abandon();
  const after = await start();
  await waitFor(async () => (await after.relay.backlog()) === 0, { timeoutMs: 20_000 });
  expect(await stream()).toEqual(ids.sort());
});

it('shares what is left over between replicas, and publishes it once', async () => {
  const before = await startReplica(test, ['127.0.0.1:1']);
  const ids = await accept(before, 2_000);
  await before.abandon();
  const sweepers = await Promise.all([start(), start(), start()]);
  await waitFor(async () => (await sweepers[0].relay.backlog()) === 0, { timeoutMs: 20_000 });
  // The stream would drop a repetition; the publishers' own count would not.
  const published = await Promise.all(sweepers.map(publishedBy));
  expect(published.reduce((sum, count) => sum + count, 0)).toBe(2_000);
  expect(await stream()).toEqual(ids.sort());
});

it('keeps everything when NATS comes back with its store wiped and without streams', async () => {
  const replica = await start();
  await nats.kill('SIGKILL');
  rmSync(nats.storeDir, { recursive: true, force: true });
  await waitFor(() => !replica.provider.connected);
  const during = await accept(replica, 300);
  await nats.start();
  await waitFor(() => replica.provider.connected);
  const without = await accept(replica, 300);
  expect(await replica.relay.backlog()).toBe(600);
  await provisionTopology([nats.url], 'check');
  await waitFor(async () => (await replica.relay.backlog()) === 0, { timeoutMs: 20_000 });
  expect(await stream()).toEqual([...during, ...without].sort());
}, 60_000);

it('is not held up by an entry that NATS never takes', async () => {
  const replica = await start();
  await replica.ledger.accept({ envelope: lead(), subject: 'nobody.takes.this' });
  const ids = await accept(replica, 10);
  await waitFor(async () => (await replica.relay.backlog()) === 1);
  expect(await stream()).toEqual(ids.sort());
  await replica.database.query('DELETE FROM unrelayed');
});

it('survives a database that goes away before the crossing off: published again, stored once', async () => {
  const proxy = await createFaultProxy({ target: { port: test.port } });
  const through = { ...test, urlFor: (role: string) => test.urlFor(role).replace(`:${test.port}/`, `:${proxy.port}/`) };
  const replica = await startReplica(through, [nats.url]);
  replicas.push(replica);
  await replica.provider.whenConnected();
  const ids = await accept(replica, 300);
  proxy.cut();
  await waitFor(() => replica.database.unavailable);
  proxy.restore();
  await replica.database.ready();
  await waitFor(async () => (await replica.relay.backlog()) === 0, { timeoutMs: 20_000 });
  expect(await stream()).toEqual(ids.sort());
  replicas.splice(replicas.indexOf(replica), 1);
  await replica.close();
  await proxy.close();
}, 60_000);

it('finishes what is on its way when it is stopped', async () => {
  const replica = await start();
  const ids = await accept(replica, 1_000);
  await replica.close();
  replicas.splice(replicas.indexOf(replica), 1);
  expect(await stream()).toEqual(ids.sort());
  const next = await start();
  expect(await next.relay.backlog()).toBe(0);
});

async function publishedBy({ metrics }: Replica): Promise<number> {
  const metric = await metrics.registry.getSingleMetric('posthorn_messages_published_total')?.get();
  return metric?.values[0]?.value ?? 0;
}

async function start(): Promise<Replica> {
  const replica = await startReplica(test, [nats.url]);
  replicas.push(replica);
  await replica.provider.whenConnected();
  return replica;
}

async function accept(replica: Replica, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, () => lead());
  await Promise.all(events.map((event) => replica.ledger.accept(entryOf(event))));
  return events.map(({ id }) => id);
}

/** Every message of the stream, sorted: a repetition that got through would show. */
async function stream(): Promise<string[]> {
  const total = (await (await jetstreamManager(admin)).streams.info(EVENTS_STREAM)).state.messages;
  const consumer = await jetstream(admin).consumers.get(EVENTS_STREAM, 'check');
  const ids: string[] = [];
  while (ids.length < total) {
    for await (const message of await consumer.fetch({ max_messages: Math.min(1_000, total - ids.length), expires: 2_000 })) {
      ids.push(message.json<{ id: string }>().id);
      message.ack();
    }
  }
  return ids.sort();
}
