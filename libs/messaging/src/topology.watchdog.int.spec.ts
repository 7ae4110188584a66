import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Logger, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM, eventsOfType, eventSubject, newId } from '@posthorn/contracts';
import { HealthRegistry, Metrics, ObservabilityModule } from '@posthorn/observability';
import { type NatsServer, startNats, waitFor } from '@posthorn/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filterOf } from './consumer.filter.js';
import {
  connectMessaging,
  ensureTopology,
  JetStreamPublisher,
  MessagingModule,
  natsAuthorization,
  NatsConnectionProvider,
  natsPermissions,
  type OwnTopology,
  type ReceivedMessage,
  type ServiceAccess,
  STREAMS,
  streamNamed,
  TopologyWatchdog,
} from './index.js';

const publisher: ServiceAccess = { name: 'ingress', publishes: ['events.>'], consumes: [], owns: [EVENTS_STREAM] };
const subscriber: ServiceAccess = { name: 'email', publishes: [], consumes: [{ stream: EVENTS_STREAM, durable: 'email' }] };
const MENDS_STREAM: OwnTopology = { streams: [streamNamed(EVENTS_STREAM)], lookEveryMs: 100 };
const MENDS_CONSUMER: OwnTopology = { consumers: [{ stream: EVENTS_STREAM, durable: 'email' }], lookEveryMs: 100 };

let nats: NatsServer;
let admin: NatsConnection;
let received: string[];
let disturbances: number;
const apps: NestFastifyApplication[] = [];

@Controller()
class Email {
  @EventPattern(EVENTS_STREAM, { batch: { size: 100 } })
  handle(messages: ReceivedMessage[]): void {
    received.push(...messages.map(({ envelope }) => envelope.id));
  }
}

// With the rights that services have: what they may not do, they cannot mend.
beforeEach(async () => {
  Logger.overrideLogger(false);
  received = [];
  disturbances = 0;
  const users = [publisher, subscriber].map((access) => ({ user: access.name, password: access.name, permissions: natsPermissions(access) }));
  nats = await startNats({ conf: natsAuthorization([{ user: 'admin', password: 'admin' }, ...users]) });
  const consumers = [{ stream: EVENTS_STREAM, durable: 'email' }];
  await ensureTopology({ servers: [nats.url], user: 'admin', password: 'admin' }, { streams: STREAMS, consumers });
  admin = await connect({ servers: nats.url, user: 'admin', pass: 'admin', maxReconnectAttempts: -1, reconnectTimeWait: 100 });
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await admin.close();
  await nats.stop();
});

describe('when the store of NATS is wiped while services run', () => {
  it('each makes again what it owns, and messages flow', async () => {
    const [ingress, email] = await Promise.all([start('ingress', MENDS_STREAM), start('email', MENDS_CONSUMER, Email)]);
    await arrives(ingress);
    await nats.kill('SIGKILL');
    rmSync(nats.storeDir, { recursive: true, force: true });
    await waitFor(() => !connected(ingress) && !connected(email));
    await nats.start();
    await waitFor(() => connected(ingress) && connected(email), { timeoutMs: 20_000 });
    await arrives(ingress);
    expect(await repairs(ingress)).toContain(`{object="EVENTS",fault="missing"} 1`);
    expect(await repairs(email)).toContain(`{object="EVENTS/email",fault="missing"} 1`);
    await waitFor(async () => (await email.get(HealthRegistry).report()).ready, { timeoutMs: 20_000 });
    expect(disturbances).toBeGreaterThan(0);
  }, 60_000);
});

describe('a consumer', () => {
  it('that was deleted is made again, and goes on where it was', async () => {
    const [ingress, email] = await Promise.all([start('ingress', MENDS_STREAM), start('email', MENDS_CONSUMER, Email)]);
    await arrives(ingress);
    const jsm = await manager();
    await jsm.consumers.delete(EVENTS_STREAM, 'email');
    await arrives(ingress);
    expect(await repairs(email)).toContain(`{object="EVENTS/email",fault="missing"} 1`);
  }, 60_000);

  it('that is ahead of its stream, which was rolled back, is made again', async () => {
    const [ingress, email] = await Promise.all([start('ingress', MENDS_STREAM), start('email', MENDS_CONSUMER, Email)]);
    for (let n = 0; n < 10; n += 1) await arrives(ingress);
    // The messages' files as they were, and the consumer's as they are.
    const messages = join(nats.storeDir, 'jetstream/$G/streams/EVENTS/msgs');
    await nats.kill('SIGTERM');
    cpSync(messages, `${messages}-before`, { recursive: true });
    await nats.start();
    for (let n = 0; n < 50; n += 1) await arrives(ingress);
    await nats.kill('SIGTERM');
    rmSync(messages, { recursive: true });
    renameSync(`${messages}-before`, messages);
    await nats.start();
    await arrives(ingress);
    expect(await repairs(email)).toContain(`{object="EVENTS/email",fault="ahead"} 1`);
  }, 60_000);

  it('is delivered what its service takes, with no more rights than else', async () => {
    const [ingress] = await Promise.all([start('ingress', MENDS_STREAM), start('email', takes('appointment.booked', 'appointment.cancelled'), Email)]);
    await waitFor(async () => (await filter()).length > 0, { timeoutMs: 20_000, describe: 'the filter' });
    const other = await stores(ingress);
    await arrives(ingress, 'appointment.booked');
    await arrives(ingress, 'appointment.cancelled');
    expect(received).not.toContain(other);
    expect(disturbances).toBe(0);
  }, 60_000);

  it('is delivered more when a release takes more, and what it was not delivered before is looked for', async () => {
    const ingress = await start('ingress', MENDS_STREAM);
    await start('email', takes('appointment.booked'), Email);
    await waitFor(async () => (await filter()).length > 0, { timeoutMs: 20_000, describe: 'the filter' });
    await start('email', takes('appointment.booked', 'lead.submitted'), Email);
    // Whichever of the two replicas looks last: the one that takes less leaves it as it is.
    for (let n = 0; n < 20; n += 1) await arrives(ingress, 'lead.submitted');
    expect(disturbances).toBeGreaterThan(0);
  }, 60_000);

  it('that is made again is delivered no more than before', async () => {
    const [ingress] = await Promise.all([start('ingress', MENDS_STREAM), start('email', takes('appointment.booked'), Email)]);
    await waitFor(async () => (await filter()).length > 0, { timeoutMs: 20_000, describe: 'the filter' });
    await (await manager()).consumers.delete(EVENTS_STREAM, 'email');
    await arrives(ingress, 'appointment.booked');
    await waitFor(async () => (await filter()).length > 0, { timeoutMs: 20_000, describe: 'the filter again' });
  }, 60_000);

  it('without a stream is reported by a service that may not make it, until its owner comes', async () => {
    await (await manager()).streams.delete(EVENTS_STREAM);
    const email = await start('email', MENDS_CONSUMER, Email);
    const reasons = async () => JSON.stringify((await email.get(HealthRegistry).report()).reasons);
    await waitFor(async () => (await reasons()).includes('has no stream EVENTS'), { describe: 'the reason in /ready' });
    const ingress = await start('ingress', MENDS_STREAM);
    await arrives(ingress);
    await waitFor(async () => (await email.get(HealthRegistry).report()).ready, { timeoutMs: 20_000 });
  }, 60_000);
});

describe('an owner', () => {
  it('gives a stream that it makes again as many replicas as it had, and keeps it otherwise as provisioned', async () => {
    const ingress = await start('ingress', MENDS_STREAM);
    const jsm = await manager();
    const { config: before } = await jsm.streams.info(EVENTS_STREAM);
    await jsm.streams.delete(EVENTS_STREAM);
    await waitFor(async () => (await repairs(ingress)).includes('EVENTS'), { timeoutMs: 20_000 });
    const { config: after } = await jsm.streams.info(EVENTS_STREAM);
    expect(after).toEqual(before);
  });

  it('without the right to mend says so, and goes on with what it can do', async () => {
    const email = await start('email', { ...MENDS_STREAM, ...MENDS_CONSUMER }, Email);
    await (await manager()).streams.delete(EVENTS_STREAM);
    await waitFor(async () => /EVENTS could not be looked after/.test(JSON.stringify((await email.get(HealthRegistry).report()).reasons)), { timeoutMs: 20_000 });
  });
});

function manager(): Promise<JetStreamManager> {
  return jetstreamManager(admin);
}

function connected(app: NestFastifyApplication): boolean {
  return app.get(NatsConnectionProvider).connected;
}

async function repairs(app: NestFastifyApplication): Promise<string> {
  return app.get(Metrics).registry.getSingleMetricAsString('posthorn_topology_repairs_total');
}

/** Publishes one message and waits until the subscriber has it. */
async function arrives(ingress: NestFastifyApplication, type?: string): Promise<void> {
  const id = await stores(ingress, type);
  await waitFor(() => received.includes(id), { timeoutMs: 20_000, describe: 'the message to arrive' });
}

/** Publishes one message, as often as it takes to be stored. */
async function stores(ingress: NestFastifyApplication, type = 'lead.submitted'): Promise<string> {
  const id = newId();
  const message = { id, subject: eventSubject('acme', type), body: JSON.stringify({ id, type, data: {} }) };
  const outgoing = ingress.get(JetStreamPublisher);
  await waitFor(async () => outgoing.connected && (await outgoing.publish([message])).every(({ ok }) => ok), { timeoutMs: 20_000, describe: 'the message to be stored' });
  return id;
}

function takes(...types: string[]): OwnTopology {
  return { consumers: [{ stream: EVENTS_STREAM, durable: 'email', subjects: types.map(eventsOfType) }], lookEveryMs: 100 };
}

/** What the consumer is delivered; empty for everything, and while there is none. */
async function filter(): Promise<string[]> {
  const info = await (await manager()).consumers.info(EVENTS_STREAM, 'email').catch(() => undefined);
  return info === undefined ? [] : filterOf(info.config);
}

async function start(service: string, topology: OwnTopology, controller?: Type): Promise<NestFastifyApplication> {
  @Module({
    imports: [
      ObservabilityModule.forRoot({ service, logLevel: 'silent' }),
      MessagingModule.forRoot({ servers: [nats.url], user: service, password: service, service, topology }),
    ],
    controllers: controller === undefined ? [] : [controller],
  })
  class ServiceModule {}
  const app = await NestFactory.create<NestFastifyApplication>(ServiceModule, new FastifyAdapter());
  if (controller !== undefined) connectMessaging(app, { consumers: [{ stream: EVENTS_STREAM, durable: service }] });
  await app.init();
  await app.startAllMicroservices();
  app.get(TopologyWatchdog).onDisturbance(() => (disturbances += 1));
  await app.get(NatsConnectionProvider).whenConnected();
  apps.push(app);
  return app;
}
