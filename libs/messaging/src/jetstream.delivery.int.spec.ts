import { Controller } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { jetstream } from '@nats-io/jetstream';
import { EVENTS_STREAM } from '@posthorn/contracts';
import { currentTraceparent } from '@posthorn/observability';
import { waitFor } from '@posthorn/testing';
import { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type ReceivedMessage } from './index.js';
import { fates, StreamUnderTest } from './jetstream.test-kit.js';

const stream = new StreamUnderTest();
const { freshDurable, info, pending, publish, serve } = stream;

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
  await jetstream(stream.admin).publish('events.acme.lead.submitted', JSON.stringify(body));
  await waitFor(() => traces.length === 1);
  expect(traces[0]).toMatch(new RegExp(`^traced 00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
});
