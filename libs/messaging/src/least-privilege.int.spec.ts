import { Controller, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import { EVENTS_STREAM, newId } from '@posthorn/contracts';
import { ObservabilityModule } from '@posthorn/observability';
import { useNats, waitFor, type TestNats } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectMessaging,
  ensureTopology,
  inboxPrefix,
  Inquiry,
  JetStreamPublisher,
  MessageEraser,
  MessagingModule,
  natsAuthorization,
  natsPermissions,
  NatsConnectionProvider,
  type ReceivedMessage,
  STREAMS,
  StreamSubscribers,
} from './index.js';

const QUESTION = 'posthorn.deliveries.of-event';
const users = natsAuthorization([
  { user: 'admin', password: 'a' },
  { user: 'ingress', password: 'i', permissions: natsPermissions({ name: 'ingress', publishes: ['events.>'], consumes: [], owns: [EVENTS_STREAM], erases: [EVENTS_STREAM], lists: [EVENTS_STREAM], asks: [QUESTION] }) },
  {
    user: 'email',
    password: 'e',
    permissions: natsPermissions({
      name: 'email',
      publishes: ['outcomes.email.>'],
      consumes: [{ stream: EVENTS_STREAM, durable: 'email' }],
      answers: [QUESTION],
    }),
  },
]);

let nats: TestNats;
let ingress: NestFastifyApplication;
let email: NestFastifyApplication;
const received: string[] = [];

@Controller()
class Email {
  @EventPattern(EVENTS_STREAM, { batch: { size: 10 } })
  handle(messages: ReceivedMessage[]): void {
    received.push(...messages.map(({ envelope }) => envelope.id));
  }

  @MessagePattern(QUESTION)
  answer(question: { eventId: string }): object {
    if (question.eventId === 'bad') throw new Error('no such event');
    return { service: 'email', eventId: question.eventId };
  }
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  nats = await useNats({ conf: users });
  await ensureTopology(
    { servers: nats.servers, user: 'admin', password: 'a' },
    { streams: STREAMS, consumers: [{ stream: EVENTS_STREAM, durable: 'email' }, { stream: EVENTS_STREAM, durable: 'crm-sync' }] },
  );
  ingress = await serviceOf('ingress', 'i');
  email = await serviceOf('email', 'e', Email);
});

afterAll(() => Promise.all([ingress, email].map((app) => app.close())));

describe('least privilege suffices', () => {
  it('for publishing, receiving and acknowledging', async () => {
    const id = newId();
    const results = await ingress.get(JetStreamPublisher).publish([
      { id, subject: 'events.acme.lead.submitted', body: JSON.stringify({ id }) },
    ]);
    expect(results).toEqual([{ id, ok: true }]);
    await waitFor(() => received.includes(id));
    const admin = await connect({ servers: nats.servers, user: 'admin', pass: 'a' });
    const manager = await jetstreamManager(admin);
    await waitFor(async () => (await manager.consumers.info(EVENTS_STREAM, 'email')).num_ack_pending === 0);
    await admin.close();
  });

  it('for overwriting a message', async () => {
    const id = newId();
    await ingress.get(JetStreamPublisher).publish([{ id, subject: 'events.acme.lead.submitted', body: '{}' }]);
    const erased: string[] = [];
    await ingress.get(MessageEraser).erase({ stream: EVENTS_STREAM, subject: 'events.acme.>', ids: new Set([id]), since: new Date(), onErased: (one) => erased.push(one) });
    expect(erased).toEqual([id]);
  });

  it('for asking who takes events', async () => {
    expect(await ingress.get(StreamSubscribers).of(EVENTS_STREAM, 2_000)).toEqual(['crm-sync', 'email']);
  });

  it('for outcomes', async () => {
    const id = newId();
    const [result] = await email.get(JetStreamPublisher).publish([{ id, subject: 'outcomes.email.email.message.sent', body: '{}' }]);
    expect(result).toEqual({ id, ok: true });
  });

  it('for asking and answering', async () => {
    const inquiry = ingress.get(Inquiry);
    expect(await inquiry.askMany(QUESTION, { eventId: '1' })).toEqual([{ service: 'email', eventId: '1' }]);
    expect(await inquiry.ask(QUESTION, { eventId: '2' })).toEqual({ service: 'email', eventId: '2' });
    await expect(inquiry.ask(QUESTION, { eventId: 'bad' })).rejects.toMatchObject({ code: 'INQUIRY_REFUSED' });
    expect(await inquiry.askMany(QUESTION, { eventId: 'bad' })).toEqual([]);
  });
});

describe('least privilege forbids', () => {
  it.each([
    ['ingress', 'i', 'outcomes.email.email.message.sent'],
    ['ingress', 'i', '_ANSWERS.ingress.guess'],
    ['ingress', 'i', `$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.email`],
    ['ingress', 'i', `$JS.API.STREAM.DELETE.${EVENTS_STREAM}`],
    ['email', 'e', 'events.acme.lead.submitted'],
    ['email', 'e', 'outcomes.crm-sync.crm.contact.synced'],
    ['email', 'e', `$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.crm-sync`],
    ['email', 'e', `$JS.ACK.${EVENTS_STREAM}.crm-sync.1.1.1.1.0`],
    ['ingress', 'i', `$JS.API.STREAM.PURGE.${EVENTS_STREAM}`],
    ['ingress', 'i', `$JS.API.STREAM.UPDATE.${EVENTS_STREAM}`],
    ['ingress', 'i', '$JS.API.STREAM.CREATE.OUTCOMES'],
    ['email', 'e', `$JS.API.CONSUMER.DELETE.${EVENTS_STREAM}.crm-sync`],
    ['email', 'e', `$JS.API.CONSUMER.CREATE.${EVENTS_STREAM}.crm-sync`],
    ['email', 'e', `$JS.API.CONSUMER.CREATE.${EVENTS_STREAM}.email.events.acme.>`],
    ['email', 'e', `$JS.API.STREAM.CREATE.${EVENTS_STREAM}`],
    ['email', 'e', `$JS.API.STREAM.DELETE.${EVENTS_STREAM}`],
    ['email', 'e', `$JS.API.STREAM.PURGE.${EVENTS_STREAM}`],
    ['email', 'e', `$JS.API.STREAM.UPDATE.${EVENTS_STREAM}`],
    ['email', 'e', `$JS.API.STREAM.MSG.GET.${EVENTS_STREAM}`],
    ['email', 'e', `$JS.API.STREAM.MSG.DELETE.${EVENTS_STREAM}`],
    ['ingress', 'i', '$JS.API.STREAM.MSG.DELETE.OUTCOMES'],
    ['email', 'e', `$JS.API.CONSUMER.NAMES.${EVENTS_STREAM}`],
    ['ingress', 'i', '$JS.API.CONSUMER.NAMES.OUTCOMES'],
    ['email', 'e', '_INBOX_ingress.guess'],
    ['email', 'e', QUESTION],
  ])('%s to publish to %3$s', async (user, pass, subject) => {
    const violation = await violationOf(user, pass, (connection) => connection.publish(subject));
    expect(violation).toMatchObject({ operation: 'publish', subject });
  });

  it.each([
    ['ingress', 'i', 'events.>'],
    ['ingress', 'i', '_INBOX_email.>'],
    ['ingress', 'i', QUESTION],
    ['email', 'e', '_ANSWERS.ingress.>'],
    ['email', 'e', 'events.>'],
    ['email', 'e', '>'],
    ['email', 'e', '_INBOX_crm-sync.>'],
  ])('%s to subscribe to %3$s', async (user, pass, subject) => {
    const violation = await violationOf(user, pass, (connection) => void connection.subscribe(subject, { callback: () => undefined }));
    expect(violation).toMatchObject({ operation: 'subscription', subject });
  });

  it('and the publisher hears of it at once instead of waiting for a timeout', async () => {
    const [result] = await email.get(JetStreamPublisher).publish([{ id: newId(), subject: 'events.acme.lead.submitted', body: '{}' }]);
    expect(result).toMatchObject({ ok: false, error: { code: 'PUBLISH_FORBIDDEN' } });
  });
});

async function violationOf(user: string, pass: string, act: (connection: NatsConnection) => void): Promise<PermissionViolationError> {
  const connection = await connect({ servers: nats.servers, user, pass, inboxPrefix: inboxPrefix(user) });
  try {
    act(connection);
    for await (const status of connection.status()) {
      if (status.type === 'error' && status.error instanceof PermissionViolationError) return status.error;
    }
    throw new Error('The connection closed without a violation.');
  } finally {
    await connection.close();
  }
}

async function serviceOf(service: string, password: string, controller?: typeof Email): Promise<NestFastifyApplication> {
  @Module({
    imports: [
      ObservabilityModule.forRoot({ service, logLevel: 'silent' }),
      MessagingModule.forRoot({ servers: nats.servers, user: service, password, service }),
    ],
    controllers: controller === undefined ? [] : [controller],
  })
  class ServiceModule {}
  const app = await NestFactory.create<NestFastifyApplication>(ServiceModule, new FastifyAdapter());
  const consumers = controller === undefined ? [] : [{ stream: EVENTS_STREAM, durable: service }];
  connectMessaging(app, { consumers, answers: controller !== undefined });
  await app.init();
  await app.startAllMicroservices();
  await app.get(NatsConnectionProvider).whenConnected();
  return app;
}
