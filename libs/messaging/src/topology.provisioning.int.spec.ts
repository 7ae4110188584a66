import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { EVENTS_STREAM } from '@posthorn/contracts';
import { startNats, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTopology, provisionConsumer, STREAMS, TopologyError } from './index.js';

describe('ensureTopology', () => {
  let nats: Awaited<ReturnType<typeof startNats>>;
  const admin = () => ({ servers: [nats.url] });

  beforeAll(async () => {
    nats = await startNats();
  });
  afterAll(() => nats.stop());

  it('creates what is missing, changes what differs, and leaves the rest alone', async () => {
    const consumers = [{ stream: EVENTS_STREAM, durable: 'email' }];
    expect(await ensureTopology(admin(), { streams: STREAMS, consumers })).toEqual({
      created: ['EVENTS', 'OUTCOMES', 'EVENTS/email'],
      changed: [],
      recreated: [],
    });
    expect(await ensureTopology(admin(), { streams: STREAMS, consumers })).toEqual({ created: [], changed: [], recreated: [] });
    const changed = await ensureTopology(admin(), {
      streams: STREAMS.map((stream) => ({ ...stream, maxAgeMs: 3_600_000 })),
      consumers: [{ stream: EVENTS_STREAM, durable: 'email', ackWaitMs: 5_000 }],
    });
    expect(changed.changed).toEqual(['EVENTS', 'OUTCOMES', 'EVENTS/email']);
  });

  it('refuses a consumer that cannot be made what it should be', async () => {
    const connection = await connect({ servers: nats.url });
    const manager = await jetstreamManager(connection);
    await manager.consumers.add(EVENTS_STREAM, { durable_name: 'careless', ack_policy: 'none' });
    await expect(provisionConsumer(admin(), { stream: EVENTS_STREAM, durable: 'careless' })).rejects.toThrow(TopologyError);
    await connection.close();
  });

  it('serves again a consumer that is ahead of its stream, which lost its tail in a power failure', async () => {
    await provisionConsumer(admin(), { stream: EVENTS_STREAM, durable: 'ahead' });
    await publishAndConsume(20);
    // The messages' files as they were, and the consumer's as they are.
    const messages = join(nats.storeDir, 'jetstream/$G/streams/EVENTS/msgs');
    await nats.kill('SIGTERM');
    cpSync(messages, `${messages}-before`, { recursive: true });
    await nats.start();
    await publishAndConsume(20);
    await nats.kill('SIGTERM');
    rmSync(messages, { recursive: true });
    renameSync(`${messages}-before`, messages);
    await nats.start();

    const report = await provisionConsumer(admin(), { stream: EVENTS_STREAM, durable: 'ahead' });
    expect(report.recreated).toEqual(['EVENTS/ahead']);
    const connection = await connect({ servers: nats.url });
    const manager = await jetstreamManager(connection);
    await jetstream(connection).publish('events.acme.lead.submitted', '{}');
    expect((await manager.consumers.info(EVENTS_STREAM, 'ahead')).num_pending).toBe(21);
    await connection.close();
  });

  async function publishAndConsume(count: number): Promise<void> {
    const connection = await connect({ servers: nats.url });
    const client = jetstream(connection);
    await waitFor(() => jetstreamManager(connection));
    await Promise.all(Array.from({ length: count }, () => client.publish('events.acme.lead.submitted', '{}')));
    const consumer = await client.consumers.get(EVENTS_STREAM, 'ahead');
    for await (const message of await consumer.fetch({ max_messages: count })) await message.ackAck();
    await connection.close();
  }

  it('waits for a server that is still starting, and says what it waited for', async () => {
    await expect(ensureTopology({ servers: ['127.0.0.1:1'], timeoutMs: 100 }, { streams: STREAMS })).rejects.toThrow(
      /127\.0\.0\.1:1 cannot be provisioned/,
    );
  });
});
