import { Logger } from '@nestjs/common';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM, newId } from '@posthorn/contracts';
import { HealthRegistry, Metrics } from '@posthorn/observability';
import { createFaultProxy, freePort, startNats, type TestNats, useNats, waitFor } from '@posthorn/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureTopology, JetStreamPublisher, MessagingUnavailableError, NatsConnectionProvider, type OutgoingMessage, STREAMS } from './index.js';

let nats: TestNats;
let admin: NatsConnection;
const providers: NatsConnectionProvider[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  nats = await useNats();
  admin = await connect({ servers: nats.servers, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  await ensureTopology({ servers: nats.servers }, { streams: STREAMS });
});

afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.close()));
});

describe('publishing', () => {
  it('stores everything once and answers in the order given', async () => {
    const { publisher } = await publisherAt(nats.servers);
    const before = await stored();
    const batch = messages(3_000);
    const results = await publisher.publish(batch);
    expect(results).toEqual(batch.map(({ id }) => ({ id, ok: true })));
    await publisher.publish(batch.slice(0, 100));
    expect((await stored()) - before).toBe(3_000);
  });

  it('tells which message failed and stores the others', async () => {
    const { publisher } = await publisherAt(nats.servers);
    const [good, orphan, huge] = messages(3);
    const results = await publisher.publish([
      { ...orphan!, subject: 'nobody.takes.this' },
      { ...huge!, body: 'x'.repeat(2 * 1024 * 1024) },
      good!,
    ]);
    expect(results.map((result) => (result.ok ? 'ok' : result.error.code))).toEqual(['STREAM_MISSING', 'PUBLISH_REFUSED', 'ok']);
  });

  it('refuses at once while there is no server, and says so in the health report', async () => {
    const { publisher, health } = await publisherAt([`127.0.0.1:${await freePort()}`], { wait: false });
    await expect(publisher.publish(messages(1))).rejects.toBeInstanceOf(MessagingUnavailableError);
    await waitFor(async () => (await health.report()).reasons[0]?.reason.includes('no connection to NATS'));
  });

  it('leaves a process ready that is of use without NATS', async () => {
    const { health } = await publisherAt([`127.0.0.1:${await freePort()}`], { wait: false, vital: false });
    expect(await health.report()).toEqual({ ready: true, reasons: [] });
  });

  it('connects when the server comes up later', async () => {
    const port = await freePort();
    const { publisher } = await publisherAt([`127.0.0.1:${port}`], { wait: false });
    const late = await startNats({ port });
    try {
      await waitFor(() => publisher.connected);
    } finally {
      await late.stop();
    }
  });

  it('loses nothing it confirmed when NATS is killed while publishing', async () => {
    const { publisher } = await publisherAt(nats.servers);
    const confirmed = new Set<string>();
    let refused = 0;
    const stop = new AbortController();
    const publishing = (async () => {
      while (!stop.signal.aborted) {
        const results = await publisher.publish(messages(200)).catch(() => []);
        for (const result of results) {
          if (result.ok) confirmed.add(result.id);
          else refused += 1;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      const target = confirmed.size + 1_000;
      await waitFor(() => confirmed.size > target, { timeoutMs: 20_000 });
      await nats.kill('SIGKILL');
      await nats.start();
    }
    await waitFor(() => publisher.connected);
    stop.abort();
    await publishing;
    expect(refused).toBeGreaterThan(0);
    const inStream = await idsInStream();
    expect([...confirmed].filter((id) => !inStream.has(id))).toEqual([]);
  });

  it('answers within its timeout when the server hangs', async () => {
    const proxy = await createFaultProxy({ target: { port: nats.port } });
    const { publisher } = await publisherAt([`127.0.0.1:${proxy.port}`]);
    proxy.hang();
    const results = await publisher.publish(messages(10));
    expect(results.every((result) => !result.ok)).toBe(true);
    proxy.restore();
    await waitFor(async () => (await publisher.publish(messages(1)))[0]?.ok, { timeoutMs: 20_000 });
    await proxy.close();
  }, 40_000);
});

async function publisherAt(servers: string[], options: { wait?: boolean; vital?: boolean } = {}) {
  const health = new HealthRegistry();
  const provider = new NatsConnectionProvider({ servers, service: 'test', vital: options.vital }, health, new Metrics());
  providers.push(provider);
  provider.onModuleInit();
  const publisher = new JetStreamPublisher(provider);
  if (options.wait !== false) await provider.whenConnected();
  return { publisher, provider, health };
}

function messages(count: number): OutgoingMessage[] {
  return Array.from({ length: count }, () => newId()).map((id) => ({ id, subject: 'events.acme.lead.submitted', body: `{"id":"${id}"}` }));
}

async function stored(): Promise<number> {
  return (await (await jetstreamManager(admin)).streams.info(EVENTS_STREAM)).state.messages;
}

async function idsInStream(): Promise<Set<string>> {
  const manager = await jetstreamManager(admin);
  const durable = `check-${newId()}`;
  await ensureTopology({ servers: nats.servers }, { consumers: [{ stream: EVENTS_STREAM, durable }] });
  const consumer = await manager.jetstream().consumers.get(EVENTS_STREAM, durable);
  const total = await stored();
  const ids = new Set<string>();
  for (let seen = 0; seen < total; ) {
    for await (const message of await consumer.fetch({ max_messages: 1_000, expires: 1_000 })) {
      ids.add(message.headers?.get('Nats-Msg-Id') ?? '');
      message.ack();
      seen += 1;
    }
  }
  return ids;
}
