import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModule } from '@nestjs/testing';
import type { INestApplication, Type } from '@nestjs/common';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AskedKey, keysSubject, OPERATIONS } from '@posthorn/contracts';
import { createHttpApp, keySha256, shutDown } from '@posthorn/http';
import { connectMessaging, MessagingModule, natsAuthorization, NatsConnectionProvider, natsPermissions } from '@posthorn/messaging';
import { ObservabilityModule } from '@posthorn/observability';
import { type TestNats, useNats, waitFor } from '@posthorn/testing';
import { AppModule } from '../app.module.js';
import { CONSOLE_API } from '../console.api.js';

export const KEY = 'ph_ok_of-the-operator-in-this-test';

type Script = (question: Record<string, unknown>) => object | undefined;

/** One replica of a service, which answers what a test tells it to and remembers what it was asked. */
export interface Replica {
  readonly asked: { subject: string; question: Record<string, unknown> }[];
  on(subject: keyof typeof OPERATIONS, script: Script): void;
  stop(): Promise<void>;
}

export interface ConsoleFixture {
  readonly nats: TestNats;
  readonly url: string;
  call<B>(method: string, path: string, body?: unknown, key?: string): Promise<{ status: number; headers: Headers; body: B }>;
  replica(service: string, instance: string): Promise<Replica>;
  /** An ingress that has these operators' keys, until it is stopped. */
  ingress(keys: () => AskedKey[]): Promise<{ stop(): Promise<void> }>;
  stop(): Promise<void>;
}

export async function startConsole(services = ['crm-sync', 'email']): Promise<ConsoleFixture> {
  const answering = (name: string) => ({ user: name, password: 'p', permissions: natsPermissions({ name, publishes: [], consumes: [], answers: Object.values(OPERATIONS) }) });
  const permissions = natsPermissions({ name: 'console', publishes: [], consumes: [], asks: ['posthorn.operations.*', keysSubject('operator')] });
  const keys = natsPermissions({ name: 'ingress', publishes: [], consumes: [], answers: [keysSubject('operator')] });
  const nats = await useNats({ conf: natsAuthorization([{ user: 'console', password: 'p', permissions }, { user: 'ingress', password: 'p', permissions: keys }, ...services.map(answering)]) });
  const app: NestFastifyApplication = await createHttpApp(
    AppModule.forRoot({
      service: 'console',
      http: { host: '127.0.0.1', port: 0 },
      nats: { servers: nats.servers, user: 'console', password: 'p' },
      logLevel: 'silent',
      section: { keys: [{ id: 'ada', sha256: keySha256(KEY) }], services },
    }),
    { api: CONSOLE_API },
  );
  await app.listen(0, '127.0.0.1');
  const base = await app.getUrl();
  await waitFor(async () => (await fetch(`${base}/ready`)).status === 200, { describe: 'the console to be ready' });
  const replicas: Replica[] = [];
  return {
    nats,
    url: base,
    async call<B>(method: string, path: string, body?: unknown, key: string | undefined = KEY) {
      const response = await fetch(base + path, {
        method,
        headers: { ...(key === '' ? {} : { authorization: `Bearer ${key}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as B };
    },
    async replica(service, instance) {
      const replica = await startReplica(nats, service, instance);
      replicas.push(replica);
      return replica;
    },
    async ingress(keys) {
      const made = await startAnswers(nats, 'ingress', keyAnswers(keys));
      return { stop: () => made.close() };
    },
    async stop() {
      await shutDown(app);
      await Promise.all(replicas.map((replica) => replica.stop()));
    },
  };
}

async function startReplica(nats: TestNats, service: string, instance: string): Promise<Replica> {
  const scripts = new Map<string, Script>();
  const asked: Replica['asked'] = [];
  const answer = (subject: string, question: Record<string, unknown>): object | Promise<never> => {
    asked.push({ subject, question });
    const said = (question['service'] ?? service) === service ? scripts.get(subject)?.(question) : undefined;
    return said === undefined ? new Promise<never>(() => undefined) : { service, instance, ...said };
  };
  @Controller()
  class Answers {
    @MessagePattern(OPERATIONS.connections) connections(@Payload() q: Record<string, unknown>) { return answer(OPERATIONS.connections, q); }
    @MessagePattern(OPERATIONS.deliveries) deliveries(@Payload() q: Record<string, unknown>) { return answer(OPERATIONS.deliveries, q); }
    @MessagePattern(OPERATIONS.redeliver) redeliver(@Payload() q: Record<string, unknown>) { return answer(OPERATIONS.redeliver, q); }
    @MessagePattern(OPERATIONS.redelivery) redelivery(@Payload() q: Record<string, unknown>) { return answer(OPERATIONS.redelivery, q); }
    @MessagePattern(OPERATIONS.isolate) isolate(@Payload() q: Record<string, unknown>) { return answer(OPERATIONS.isolate, q); }
    @MessagePattern(OPERATIONS.release) release(@Payload() q: Record<string, unknown>) { return answer(OPERATIONS.release, q); }
    @MessagePattern(OPERATIONS.check) check(@Payload() q: Record<string, unknown>) { return answer(OPERATIONS.check, q); }
  }
  const app = await startAnswers(nats, service, Answers);
  return {
    asked,
    on: (subject, script) => void scripts.set(OPERATIONS[subject], script),
    stop: () => app.close(),
  };
}

function keyAnswers(keys: () => AskedKey[]): Type {
  @Controller()
  class KeyAnswers {
    @MessagePattern(keysSubject('operator')) operators() { return { keys: keys(), more: false }; }
  }
  return KeyAnswers;
}

async function startAnswers(nats: TestNats, service: string, answers: Type): Promise<INestApplication> {
  const module: TestingModule = await Test.createTestingModule({
    imports: [ObservabilityModule.forRoot({ service, logLevel: 'silent' }), MessagingModule.forRoot({ servers: nats.servers, user: service, password: 'p', service })],
    controllers: [answers],
  }).compile();
  module.useLogger(false);
  const app: INestApplication = module.createNestApplication(new FastifyAdapter());
  connectMessaging(app, { answers: true });
  await app.init();
  await app.startAllMicroservices();
  await app.get(NatsConnectionProvider).whenConnected();
  return app;
}
