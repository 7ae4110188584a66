import { Controller, Logger } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { EVENTS_STREAM, newId } from '@posthorn/contracts';
import { HealthRegistry } from '@posthorn/observability';
import { waitFor } from '@posthorn/testing';
import { describe, expect, it } from 'vitest';
import { type ReceivedMessage } from './index.js';
import { StreamUnderTest } from './jetstream.test-kit.js';

const stream = new StreamUnderTest();
const { freshDurable, pending, provision, publish, serve } = stream;

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
  for (const body of ['{"cut', 'null', '"text"', '']) await jetstream(stream.admin).publish('events.acme.lead.submitted', body);
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
    await (await jetstreamManager(stream.admin)).consumers.delete(EVENTS_STREAM, durable);
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
    await stream.nats.kill('SIGKILL');
    await stream.nats.start();
    await waitFor(async () => await jetstreamManager(stream.admin), { timeoutMs: 15_000 });
    const after = await publish(50);
    await waitFor(() => [...before, ...after].every((id) => seen.has(id)), { timeoutMs: 20_000, describe: () => `100, has ${seen.size}` });
  });
});
