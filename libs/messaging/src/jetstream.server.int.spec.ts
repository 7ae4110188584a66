import { Controller, Logger, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM, newId } from '@posthorn/contracts';
import { currentTraceparent, HealthRegistry, Metrics, ObservabilityModule } from '@posthorn/observability';
import { type TestNats, useNats, waitFor } from '@posthorn/testing';
import { Observable } from 'rxjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureTopology, MessagingModule, type ReceivedMessage, STREAMS } from './index.js';
import { connectMessaging } from './messaging.connect.js';

let nats: TestNats;
let admin: NatsConnection;
const apps: INestApplicationContext[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  nats = await useNats();
  admin = await connect({ servers: nats.servers, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

describe('a batch handler', () => {
  it('gets arrays of what has arrived, and acknowledges by resolving', async () => {
    const durable = await freshDurable();
    const ids = await publish(500);
    const batches: ReceivedMessage[][] = [];
    @Controller()
    class Intake {
      @EventPattern(EVENTS_STREAM, { batch: { size: 200 } })
      handle(messages: ReceivedMessage[]): void {
        batches.push(messages);
      }
    }
    await serve(Intake, durable);
    await waitFor(() => batches.flat().length === ids.length, { describe: 'all messages' });
    expect(batches.flat().map(({ envelope }) => envelope.id)).toEqual(ids);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(200);
    expect(batches.length).toBeLessThan(50);
    expect(batches[0]?.[0]).toMatchObject({ subject: 'events.acme.lead.submitted', receivedCount: 1 });
    await waitFor(async () => (await pending(durable)) === 0, { describe: 'every ack' });
  });

  it('gets a lone message at once, without waiting for company', async () => {
    const durable = await freshDurable();
    const arrivals: number[] = [];
    @Controller()
    class Intake {
      @EventPattern(EVENTS_STREAM, { batch: { size: 200 } })
      handle(messages: ReceivedMessage[]): void {
        arrivals.push(...messages.map(() => performance.now()));
      }
    }
    await serve(Intake, durable);
    const sentAt = performance.now();
    await publish(1);
    await waitFor(() => arrivals.length === 1, { everyMs: 1 });
    expect((arrivals[0] ?? 0) - sentAt).toBeLessThan(1_000);
  });

  it('holds few large messages rather than as many as small ones', async () => {
    const durable = await freshDurable();
    const seen = new Set<string>();
    const held: number[] = [];
    @Controller()
    class Intake {
      @EventPattern(EVENTS_STREAM, { batch: { size: 200 } })
      async handle(messages: ReceivedMessage[]): Promise<void> {
        held.push((await info(durable)).num_ack_pending);
        for (const { envelope } of messages) seen.add(envelope.id);
      }
    }
    const ids = await publish(150, { data: { padding: 'x'.repeat(250_000) } });
    await serve(Intake, durable);
    await waitFor(() => seen.size === ids.length, { describe: 'all of them' });
    // 37 MB were waiting. It asks for 8 MiB while it holds less than that.
    expect(Math.max(...held)).toBeLessThan(70);
    await waitFor(async () => (await pending(durable)) === 0, { describe: 'every ack' });
  });

  it('isolates a poisonous message: the others get through, and it comes again alone', async () => {
    const durable = await freshDurable();
    const [poison = ''] = await publish(1, { poison: true });
    const good = await publish(20);
    const done: string[] = [];
    const failed: number[] = [];
    @Controller()
    class Intake {
      @EventPattern(EVENTS_STREAM, { batch: { size: 8 } })
      handle(messages: ReceivedMessage[]): void {
        const ids = messages.map(({ envelope }) => envelope.id);
        if (ids.includes(poison)) {
          failed.push(ids.length);
          throw new Error('indigestible');
        }
        done.push(...ids);
      }
    }
    await serve(Intake, durable, { batchSize: 8 });
    await waitFor(() => done.length === good.length, { timeoutMs: 20_000, describe: () => `20 messages, got ${done.length}` });
    expect(new Set(done)).toEqual(new Set(good));
    await waitFor(() => failed.at(-1) === 1, { timeoutMs: 20_000, describe: () => `poison alone: ${failed.join()}` });
  });
});

describe('a single handler', () => {
  it('is chosen by the type in the subject; other types are acknowledged unseen', async () => {
    const durable = await freshDurable();
    const seen: string[] = [];
    @Controller()
    class Leads {
      @EventPattern('lead.submitted')
      handle(message: ReceivedMessage): void {
        seen.push(message.envelope.id);
      }
    }
    await serve(Leads, durable);
    const leads = await publish(3);
    await publish(2, { type: 'order.paid' });
    await waitFor(() => seen.length === 3);
    await waitFor(async () => (await pending(durable)) === 0);
    expect(seen.sort()).toEqual(leads.sort());
  });

  it('that throws gets its message again, later, and does not block the others', async () => {
    const durable = await freshDurable();
    const [bad = ''] = await publish(1);
    const good = await publish(30);
    const attempts: number[] = [];
    const done: string[] = [];
    @Controller()
    class Leads {
      @EventPattern('lead.submitted')
      handle({ envelope, receivedCount }: ReceivedMessage): void {
        if (envelope.id === bad && receivedCount < 3) {
          attempts.push(performance.now());
          throw new Error('not yet');
        }
        done.push(envelope.id);
      }
    }
    await serve(Leads, durable, { batchSize: 4 });
    await waitFor(() => good.every((id) => done.includes(id)), { describe: 'the others' });
    expect(done).not.toContain(bad);
    await waitFor(() => done.includes(bad), { timeoutMs: 15_000 });
    expect((attempts[1] ?? 0) - (attempts[0] ?? 0)).toBeGreaterThan(900);
  });

  it('is awaited to the end of the observable it returns', async () => {
    const durable = await freshDurable();
    const started = Promise.withResolvers<() => void>();
    @Controller()
    class Leads {
      @EventPattern('lead.submitted')
      handle({ envelope }: ReceivedMessage): Observable<string> {
        return new Observable((subscriber) => {
          subscriber.next(envelope.id);
          started.resolve(() => subscriber.complete());
        });
      }
    }
    const app = await serve(Leads, durable);
    await publish(1);
    const complete = await started.promise;
    // Its ack comes after any ack of the first message on the same connection.
    await publish(1, { type: 'order.paid' });
    await waitFor(() => fates(app, 'unhandled'));
    expect(await pending(durable)).toBe(1);
    complete();
    await waitFor(async () => (await pending(durable)) === 0);
  });

  it('gets a message again when its observable errors', async () => {
    const durable = await freshDurable();
    const counts: number[] = [];
    @Controller()
    class Leads {
      @EventPattern('lead.submitted')
      handle({ receivedCount }: ReceivedMessage): Observable<string> {
        counts.push(receivedCount);
        return new Observable((subscriber) => (receivedCount === 1 ? subscriber.error(new Error('broken')) : subscriber.complete()));
      }
    }
    await serve(Leads, durable);
    await publish(1);
    await waitFor(() => counts.includes(2));
    await waitFor(async () => (await pending(durable)) === 0);
  });
});

it('gives up what is not a JSON object, and goes on with the rest', async () => {
  const durable = await freshDurable();
  const seen: string[] = [];
  @Controller()
  class Intake {
    @EventPattern(EVENTS_STREAM, { batch: { size: 10 } })
    handle(messages: ReceivedMessage[]): void {
      seen.push(...messages.map(({ envelope }) => envelope.id));
    }
  }
  await serve(Intake, durable);
  for (const body of ['{"cut', 'null', '"text"', '']) await jetstream(admin).publish('events.acme.lead.submitted', body);
  const ids = await publish(2);
  await waitFor(() => seen.length === 2);
  expect(seen).toEqual(ids);
  await waitFor(async () => (await pending(durable)) === 0, { describe: 'the four to be given up' });
});

it('keeps the error a handler threw, and runs init hooks once', async () => {
  const durable = await freshDurable();
  class MailboxFullError extends Error {}
  const errors: unknown[] = [];
  let inits = 0;
  @Controller()
  class Intake {
    onModuleInit(): void {
      inits += 1;
    }

    @EventPattern(EVENTS_STREAM, { batch: { size: 10 } })
    handle(messages: ReceivedMessage[]): void {
      throw new MailboxFullError(`${messages.length}`);
    }
  }
  Logger.overrideLogger({ log: () => undefined, warn: () => undefined, error: (line: unknown) => errors.push(line) });
  try {
    await serve(Intake, durable);
    await publish(1);
    await waitFor(() => errors.length > 0);
  } finally {
    Logger.overrideLogger(false);
  }
  expect(errors[0]).toMatchObject({ err: expect.any(MailboxFullError) as unknown, consumer: `EVENTS/${durable}`, attempt: 1 });
  expect(inits).toBe(1);
});

it('runs a handler in the trace its event came with', async () => {
  const durable = await freshDurable();
  const traces: (string | undefined)[] = [];
  @Controller()
  class Leads {
    @EventPattern('lead.submitted')
    handle(message: ReceivedMessage): void {
      traces.push(`${message.envelope.id} ${currentTraceparent() ?? ''}`);
    }
  }
  await serve(Leads, durable);
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const body = { id: 'traced', traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await jetstream(admin).publish('events.acme.lead.submitted', JSON.stringify(body));
  await waitFor(() => traces.length === 1);
  expect(traces[0]).toMatch(new RegExp(`^traced 00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
});

describe('shutting down', () => {
  it('waits for the handler, has its acks confirmed, and hands back what it did not begin', async () => {
    // nats-server 2.9 may keep one handed-back message until the ack wait is over; see the README.
    const ackWaitMs = 2_000;
    const durable = await freshDurable({ ackWaitMs });
    const begun: string[] = [];
    const finish = Promise.withResolvers<null>();
    @Controller()
    class Intake {
      @EventPattern(EVENTS_STREAM, { batch: { size: 10 } })
      async handle(messages: ReceivedMessage[]): Promise<void> {
        begun.push(...messages.map(({ envelope }) => envelope.id));
        await finish.promise;
      }
    }
    const app = await serve(Intake, durable, { batchSize: 10, ackWaitMs });
    await publish(1);
    await waitFor(() => begun.length === 1);
    const others = await publish(9);
    await waitFor(async () => (await info(durable)).num_pending === 0, { describe: 'ten messages on their way' });
    let closed = false;
    const closing = app.close().then(() => (closed = true));
    await waitFor(() => fates(app, 'handed-back'), { describe: 'messages to be handed back' });
    expect(closed).toBe(false);
    finish.resolve(null);
    await closing;
    expect(begun).toHaveLength(1);
    const rest: string[] = [];
    @Controller()
    class Rest {
      @EventPattern(EVENTS_STREAM, { batch: { size: 10 } })
      handle(messages: ReceivedMessage[]): void {
        rest.push(...messages.map(({ envelope }) => envelope.id));
      }
    }
    await serve(Rest, durable);
    await waitFor(() => new Set(rest).size >= others.length, { describe: () => `the rest, got ${rest.length}` });
    expect(new Set(rest)).toEqual(new Set(others));
  });

  it('does not wait for ever for a handler that hangs', async () => {
    const durable = await freshDurable();
    const started = Promise.withResolvers<ReceivedMessage>();
    @Controller()
    class Intake {
      @EventPattern('lead.submitted')
      handle(message: ReceivedMessage): Promise<void> {
        started.resolve(message);
        return new Promise(() => undefined);
      }
    }
    const app = await serve(Intake, durable, { drainTimeoutMs: 100 });
    await publish(1);
    await started.promise;
    await app.close();
    expect(await pending(durable)).toBe(1);
  });
});

describe('when NATS is in trouble', () => {
  it('boots without its consumer, says so, and serves once it has been provisioned', async () => {
    const durable = `late-${newId()}`;
    const seen: string[] = [];
    @Controller()
    class Intake {
      @EventPattern(EVENTS_STREAM, { batch: { size: 10 } })
      handle(messages: ReceivedMessage[]): void {
        seen.push(...messages.map(({ envelope }) => envelope.id));
      }
    }
    const app = await serve(Intake, durable);
    const name = `consumer EVENTS/${durable}`;
    const reason = await waitFor(async () => {
      const { reasons } = await app.get(HealthRegistry).report();
      return reasons.find((one) => one.name === name && one.reason.includes('provisioning'));
    });
    expect(reason.reason).toMatch(/consumer not found.*provisioning step/);
    await provision(durable);
    const [id] = await publish(1);
    await waitFor(() => seen.includes(id ?? ''), { timeoutMs: 15_000 });
    await waitFor(async () => (await app.get(HealthRegistry).report()).ready);
  });

  it('survives the deletion of its consumer while it fetches', async () => {
    const durable = await freshDurable();
    const seen: string[] = [];
    @Controller()
    class Intake {
      @EventPattern(EVENTS_STREAM, { batch: { size: 10 } })
      handle(messages: ReceivedMessage[]): void {
        seen.push(...messages.map(({ envelope }) => envelope.id));
      }
    }
    const app = await serve(Intake, durable);
    await publish(1);
    await waitFor(() => seen.length === 1);
    await (await jetstreamManager(admin)).consumers.delete(EVENTS_STREAM, durable);
    await waitFor(async () => !(await app.get(HealthRegistry).report()).ready, { timeoutMs: 15_000 });
    await provision(durable);
    const [id] = await publish(1);
    await waitFor(() => seen.includes(id ?? ''), { timeoutMs: 15_000 });
  });

  it('gets every message after kill -9 of the server and its restart', async () => {
    const durable = await freshDurable();
    const seen = new Set<string>();
    @Controller()
    class Intake {
      @EventPattern(EVENTS_STREAM, { batch: { size: 10 } })
      handle(messages: ReceivedMessage[]): void {
        for (const { envelope } of messages) seen.add(envelope.id);
      }
    }
    await serve(Intake, durable);
    const before = await publish(50);
    await nats.kill('SIGKILL');
    await nats.start();
    await waitFor(async () => await jetstreamManager(admin), { timeoutMs: 15_000 });
    const after = await publish(50);
    await waitFor(() => [...before, ...after].every((id) => seen.has(id)), { timeoutMs: 20_000, describe: () => `100, has ${seen.size}` });
  });
});

async function freshDurable(options: { ackWaitMs?: number } = {}): Promise<string> {
  const durable = `d-${newId()}`;
  await provision(durable, options);
  return durable;
}

async function provision(durable: string, options: { ackWaitMs?: number } = {}): Promise<void> {
  await ensureTopology({ servers: nats.servers }, {
    streams: STREAMS,
    // Every test begins with an empty stream of its own.
    consumers: [{ stream: EVENTS_STREAM, durable, startAt: new Date(), ...options }],
  });
}

async function serve(controller: Type, durable: string, options: { batchSize?: number; ackWaitMs?: number; drainTimeoutMs?: number } = {}) {
  @Module({
    imports: [
      ObservabilityModule.forRoot({ service: 'test', logLevel: 'silent' }),
      MessagingModule.forRoot({ servers: nats.servers, service: 'test' }),
    ],
    controllers: [controller],
  })
  class TestModule {}
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, new FastifyAdapter());
  const { drainTimeoutMs, ...consumer } = options;
  connectMessaging(app, { consumers: [{ stream: EVENTS_STREAM, durable, ...consumer }], drainTimeoutMs });
  await app.init();
  await app.startAllMicroservices();
  apps.push(app);
  return app;
}

async function publish(count: number, options: { type?: string; poison?: boolean; data?: object } = {}): Promise<string[]> {
  const type = options.type ?? 'lead.submitted';
  const ids = Array.from({ length: count }, () => newId());
  const client = jetstream(admin);
  await Promise.all(ids.map((id) => client.publish(`events.acme.${type}`, JSON.stringify({ id, type, data: options.data ?? {} }), { msgID: id })));
  return ids;
}

async function info(durable: string) {
  return (await jetstreamManager(admin)).consumers.info(EVENTS_STREAM, durable);
}

/** Delivered or not: everything that has not been settled. */
async function pending(durable: string): Promise<number> {
  const { num_ack_pending: unsettled, num_pending: waiting } = await info(durable);
  return unsettled + waiting;
}

async function fates(app: INestApplicationContext, fate: string): Promise<boolean> {
  const text = await app.get(Metrics).registry.getSingleMetricAsString('posthorn_messages_received_total');
  return text.includes(`fate="${fate}"`);
}
