import { HealthRegistry, Metrics } from '@posthorn/observability';
import { type TestNats, useNats, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JetStreamPublisher } from './jetstream.publisher.js';
import { NatsConnectionProvider } from './nats-connection.provider.js';
import { ensureTopology } from './topology.provisioning.js';
import { STREAMS } from './topology.definitions.js';

/** What operators are told; a stopped server answers nothing and closes nothing, so only silence tells. */
const NOTICED_WITHIN_MS = 15_000;

let nats: TestNats;
let provider: NatsConnectionProvider;
let publisher: JetStreamPublisher;
const health = new HealthRegistry();

beforeAll(async () => {
  nats = await useNats();
  await ensureTopology({ servers: nats.servers }, { streams: STREAMS, consumers: [] });
  provider = new NatsConnectionProvider({ servers: nats.servers, service: 'test' }, health, new Metrics());
  provider.onModuleInit();
  publisher = new JetStreamPublisher(provider);
  await provider.whenConnected();
});
afterAll(() => provider.close());

it('is noticed within 15 s and named as the reason, and the same process goes on when it continues', async () => {
  expect((await health.report()).ready).toBe(true);
  await nats.kill('SIGSTOP');
  const stoppedAt = performance.now();
  await waitFor(async () => !(await health.report()).ready, { timeoutMs: 30_000, describe: 'the silence to be noticed' });
  expect(performance.now() - stoppedAt).toBeLessThan(NOTICED_WITHIN_MS);
  expect((await health.report()).reasons).toMatchObject([{ name: 'nats' }]);
  await nats.kill('SIGCONT');
  await waitFor(async () => (await health.report()).ready, { timeoutMs: 20_000, describe: 'the connection' });
  expect(await publisher.publish([{ subject: 'events.acme.lead.submitted', id: 'after', body: '{}' }])).toEqual([{ id: 'after', ok: true }]);
}, 60_000);
