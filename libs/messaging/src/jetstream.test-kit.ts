import { Logger, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM, newId } from '@posthorn/contracts';
import { Metrics, ObservabilityModule } from '@posthorn/observability';
import { type TestNats, useNats } from '@posthorn/testing';
import { afterEach, beforeAll } from 'vitest';
import { ensureTopology, MessagingModule, STREAMS } from './index.js';
import { connectMessaging } from './messaging.connect.js';

/** A NATS of this file's own, and apps that take from its stream of events; each is closed after its test. */
export class StreamUnderTest {
  nats!: TestNats;
  /** Unlike the apps, it may do anything. */
  admin!: NatsConnection;
  private readonly apps: INestApplicationContext[] = [];

  constructor() {
    beforeAll(async () => {
      Logger.overrideLogger(false);
      this.nats = await useNats();
      this.admin = await connect({ servers: this.nats.servers, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    });
    afterEach(async () => {
      await Promise.all(this.apps.splice(0).map((app) => app.close()));
    });
  }

  readonly freshDurable = async (options: { ackWaitMs?: number } = {}): Promise<string> => {
    const durable = `d-${newId()}`;
    await this.provision(durable, options);
    return durable;
  };

  readonly provision = async (durable: string, options: { ackWaitMs?: number } = {}): Promise<void> => {
    await ensureTopology({ servers: this.nats.servers }, {
      streams: STREAMS,
      // Every test begins with an empty stream of its own.
      consumers: [{ stream: EVENTS_STREAM, durable, startAt: new Date(), ...options }],
    });
  };

  readonly serve = async (controller: Type, durable: string, options: { batchSize?: number; ackWaitMs?: number; drainTimeoutMs?: number } = {}) => {
    @Module({
      imports: [
        ObservabilityModule.forRoot({ service: 'test', logLevel: 'silent' }),
        MessagingModule.forRoot({ servers: this.nats.servers, service: 'test' }),
      ],
      controllers: [controller],
    })
    class TestModule {}
    const app = await NestFactory.create<NestFastifyApplication>(TestModule, new FastifyAdapter());
    const { drainTimeoutMs, ...consumer } = options;
    connectMessaging(app, { consumers: [{ stream: EVENTS_STREAM, durable, ...consumer }], drainTimeoutMs });
    await app.init();
    await app.startAllMicroservices();
    this.apps.push(app);
    return app;
  };

  readonly publish = async (count: number, options: { type?: string; poison?: boolean; data?: object } = {}): Promise<string[]> => {
    const type = options.type ?? 'lead.submitted';
    const ids = Array.from({ length: count }, () => newId());
    const client = jetstream(this.admin);
    await Promise.all(ids.map((id) => client.publish(`events.acme.${type}`, JSON.stringify({ id, type, data: options.data ?? {} }), { msgID: id, timeout: 30_000 })));
    return ids;
  };

  readonly info = async (durable: string) => (await jetstreamManager(this.admin)).consumers.info(EVENTS_STREAM, durable);

  /** Delivered or not: everything that has not been settled. */
  readonly pending = async (durable: string): Promise<number> => {
    const { num_ack_pending: unsettled, num_pending: waiting } = await this.info(durable);
    return unsettled + waiting;
  };
}

/** Whether a message has met this fate. */
export async function fates(app: INestApplicationContext, fate: string): Promise<boolean> {
  const text = await app.get(Metrics).registry.getSingleMetricAsString('posthorn_messages_received_total');
  return text.includes(`fate="${fate}"`);
}
