import { Controller } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { EVENTS_STREAM } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { describe, expect, it } from 'vitest';
import { type ReceivedMessage } from './index.js';
import { fates, StreamUnderTest } from './jetstream.test-kit.js';

const stream = new StreamUnderTest();
const { freshDurable, info, pending, publish, serve } = stream;

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
