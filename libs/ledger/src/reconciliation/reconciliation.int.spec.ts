import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { createEvent, EVENTS_STREAM, type PosthornEvent } from '@posthorn/contracts';
import { ensureTopology, NatsConnectionProvider, STREAMS } from '@posthorn/messaging';
import { type NatsServer, startNats, waitFor } from '@posthorn/testing';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lead } from '../ledger.test-kit.js';
import { createWorld, type Publisher, startPublisher, startSubscriber, SUBSCRIBER, type Subscriber, type World } from './reconciliation.test-kit.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let nats: NatsServer;
let world: World;
let publisher: Publisher;
const running: { app: { close(): Promise<void> } }[] = [];

beforeEach(async () => {
  nats = await startNats();
  await ensureTopology({ servers: [nats.url] }, { streams: STREAMS, consumers: [{ stream: EVENTS_STREAM, durable: SUBSCRIBER }] });
  world = await createWorld([nats.url]);
  publisher = kept(await startPublisher(world));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ app }) => app.close()));
  await nats.stop();
});

describe('whatever NATS loses', () => {
  it('is delivered all the same, once and without a person, when its store is wiped under load', async () => {
    const subscriber = await subscribe();
    const accepted = await publisher.accept(300);
    await subscriber.has(accepted);
    const load = [publisher.accept(500)];
    await nats.kill('SIGKILL');
    rmSync(nats.storeDir, { recursive: true, force: true });
    load.push(publisher.accept(200));
    await nats.start();
    load.push(publisher.accept(500));
    const all = [...accepted, ...(await Promise.all(load)).flat()];
    await subscriber.has(all, 30_000);
    const after = await publisher.accept(50);
    await subscriber.has(after);
    expect(subscriber.intake.effects.size).toBe(all.length + after.length);
  }, 60_000);

  it('is delivered when the subscriber had not heard a word of it: stored, confirmed, and gone', async () => {
    const subscriber = await subscribe({ listens: false, reconciles: false });
    const lost = await publisher.accept(250);
    await waitFor(async () => (await unrelayed()) === 0, { describe: 'NATS to confirm everything' });
    await nats.kill('SIGKILL');
    rmSync(nats.storeDir, { recursive: true, force: true });
    await nats.start();
    await subscriber.app.close();
    running.splice(running.indexOf(subscriber), 1);
    const again = await subscribe();
    await again.has(lost, 30_000);
    expect(await again.metric('posthorn_reconciliation_fetched_total')).toContain('{publisher="ingress"} 250');
  }, 60_000);

  it('is delivered when the stream comes back as an older copy of itself', async () => {
    const subscriber = await subscribe();
    await subscriber.has(await publisher.accept(20));
    const messages = join(nats.storeDir, 'jetstream/$G/streams/EVENTS/msgs');
    await nats.kill('SIGTERM');
    cpSync(messages, `${messages}-before`, { recursive: true });
    await nats.start();
    await subscriber.has(await publisher.accept(100), 30_000);
    await nats.kill('SIGTERM');
    rmSync(messages, { recursive: true });
    renameSync(`${messages}-before`, messages);
    await nats.start();
    // These get numbers that the consumer has had already.
    await subscriber.has(await publisher.accept(50), 30_000);
  }, 60_000);

  it('is delivered when the consumer is deleted, and what arrives afterwards as well', async () => {
    const subscriber = await subscribe();
    await subscriber.has(await publisher.accept(20));
    const admin = await connect({ servers: nats.url });
    const load = publisher.accept(500);
    // 2.9 deletes it and then complains that its folder is not empty, because it still writes there.
    await (await jetstreamManager(admin)).consumers.delete(EVENTS_STREAM, SUBSCRIBER).catch(() => undefined);
    await admin.close();
    await subscriber.has([...(await load), ...(await publisher.accept(20))], 30_000);
  }, 60_000);
});

describe('a subscriber', () => {
  it('that was away longer than the stream remembers catches up', async () => {
    const first = await subscribe({ listens: false });
    await agreedWith(first, Date.now() - MINUTE);
    await first.app.close();
    running.splice(running.indexOf(first), 1);
    // As though five days had passed since.
    await first.database.close();
    const back = await subscribe({ listens: false, reconciles: false });
    await back.database.query("UPDATE reconciliation SET agreed_until = now() - interval '5 days', since = now() - interval '90 days'");
    const missed = agedLeads(400, 4 * DAY, DAY);
    await publisher.acceptLost(missed);
    const again = await subscribe({ listens: false });
    await again.has(missed);
  }, 60_000);

  it('that is new gets the history from the date of its choice, and nothing from before it', async () => {
    const [before, after] = [agedLeads(30, 400 * DAY, 300 * DAY), agedLeads(1_200, 200 * DAY, DAY)];
    await publisher.acceptLost([...before, ...after]);
    const subscriber = await subscribe({ listens: false, since: new Date(Date.now() - 250 * DAY) });
    await subscriber.has(after);
    await agreedWith(subscriber, Date.now() - MINUTE);
    expect(before.filter(({ id }) => subscriber.intake.effects.has(id))).toEqual([]);
  });

  it('without such a date gets what a stream remembers', async () => {
    const [before, after] = [agedLeads(10, 5 * DAY, 4 * DAY), agedLeads(10, 2 * DAY, DAY)];
    await publisher.acceptLost([...before, ...after]);
    const subscriber = await subscribe({ listens: false });
    await subscriber.has(after);
    await agreedWith(subscriber, Date.now() - MINUTE);
    expect(before.filter(({ id }) => subscriber.intake.effects.has(id))).toEqual([]);
  });

  it('that wants more history than before gets it', async () => {
    const old = agedLeads(10, 20 * DAY, 10 * DAY);
    await publisher.acceptLost(old);
    const first = await subscribe({ listens: false });
    await agreedWith(first, Date.now() - MINUTE);
    await first.app.close();
    running.splice(running.indexOf(first), 1);
    const second = await subscribe({ listens: false, since: new Date(Date.now() - 30 * DAY) });
    await second.has(old);
  });

  it('is sent exactly the one event it lacks', async () => {
    // What is on its way takes less than a second, and is not asked for.
    const subscriber = await subscribe({ minAgeMs: 1_000 });
    await subscriber.has(await publisher.accept(400));
    const lost = lead('lost');
    await publisher.acceptLost([lost]);
    await subscriber.has([lost]);
    expect(await subscriber.metric('posthorn_reconciliation_fetched_total')).toMatch(/\{publisher="ingress"\} 1$/m);
  });

  it('gets an event that was committed long after its id was made', async () => {
    const subscriber = await subscribe({ listens: false });
    await agreedWith(subscriber, Date.now() - 5_000);
    const [late] = agedLeads(1, MINUTE, MINUTE - 1);
    await publisher.acceptLost([late!]);
    await subscriber.has([late!]);
  });

  it('gets envelopes that together are larger than an answer may be', async () => {
    const subscriber = await subscribe({ listens: false });
    const large = Array.from({ length: 12 }, () => createEvent({ site: 'acme', type: 'lead.submitted', data: { person: { email: 'ada@example.org' }, message: 'é'.repeat(4_000), form: 'x' } }));
    const padded = large.map((event) => ({ ...event, data: { ...event.data, padding: 'x'.repeat(200_000) } }) as PosthornEvent);
    await publisher.acceptLost(padded);
    await subscriber.has(padded);
  });

  it('is not held up by an event it cannot digest, and does not forget it', async () => {
    const subscriber = await subscribe({ listens: false });
    const [poison, ...good] = agedLeads(20, 10 * MINUTE, MINUTE);
    subscriber.intake.refuse = ({ id }) => id === poison!.id;
    await publisher.acceptLost([poison!, ...good]);
    await subscriber.has(good);
    await waitFor(async () => (await subscriber.metric('posthorn_reconciliation_runs_total')).includes('result="failed"'));
    subscriber.intake.refuse = () => false;
    await subscriber.has([poison!]);
  });

  it('does not mind a publisher that is away, and catches up when it is back', async () => {
    const subscriber = await subscribe({ listens: false });
    await publisher.app.close();
    running.splice(running.indexOf(publisher), 1);
    await waitFor(async () => (await subscriber.metric('posthorn_reconciliation_runs_total')).includes('result="failed"'));
    publisher = kept(await startPublisher(world));
    const lost = agedLeads(5, MINUTE, 1);
    await publisher.acceptLost(lost);
    await subscriber.has(lost);
  });

  it('compares in one replica at a time', async () => {
    const lost = agedLeads(300, 10 * MINUTE, MINUTE);
    const replicas = [await subscribe({ listens: false }), await subscribe({ listens: false })];
    let most = 0;
    let now = 0;
    for (const { intake } of replicas) {
      const take = intake.take.bind(intake);
      intake.take = async (events) => {
        most = Math.max(most, ++now);
        // Slow enough for the other one to try, and to find that it is not its turn.
        await waitFor(async () => (await Promise.all(replicas.map(runs))).some((text) => text.includes('result="elsewhere"')), { describe: 'the other replica to stand back' });
        await take(events).finally(() => (now -= 1));
      };
    }
    await publisher.acceptLost(lost);
    const has = (id: string): boolean => replicas.some(({ intake }) => intake.effects.has(id));
    await waitFor(() => lost.every(({ id }) => has(id)), { describe: 'all events in one of the replicas' });
    expect(most).toBe(1);
    const fetched = await Promise.all(replicas.map(({ metric }) => metric('posthorn_reconciliation_fetched_total')));
    expect(fetched.flatMap((text) => [...text.matchAll(/\} (\d+)/g)].map(([, n]) => Number(n))).reduce((a, b) => a + b)).toBe(300);
  });
});

function runs({ metric }: Subscriber): Promise<string> {
  return metric('posthorn_reconciliation_runs_total');
}

/** Leads accepted some time ago, evenly spread. */
function agedLeads(count: number, fromMsAgo: number, untilMsAgo: number): PosthornEvent[] {
  return Array.from({ length: count }, (_, n) => {
    const msecs = Math.floor(Date.now() - fromMsAgo + ((fromMsAgo - untilMsAgo) * n) / count);
    return { ...lead(), id: v7({ msecs }) };
  });
}

async function unrelayed(): Promise<number> {
  const [row] = await publisher.database.query<{ n: number }>('SELECT count(*)::int AS n FROM unrelayed');
  return row?.n ?? -1;
}

async function agreedWith({ database }: Subscriber, until: number): Promise<void> {
  await waitFor(async () => {
    const [row] = await database.query<{ agreed_until: Date }>('SELECT agreed_until FROM reconciliation');
    return row !== undefined && row.agreed_until.getTime() >= until;
  }, { timeoutMs: 20_000, describe: 'the watermark' });
}

async function subscribe(options: Parameters<typeof startSubscriber>[1] = {}): Promise<Subscriber> {
  const subscriber = kept(await startSubscriber(world, options));
  await subscriber.app.get(NatsConnectionProvider).whenConnected();
  return subscriber;
}

function kept<T extends { app: { close(): Promise<void> } }>(started: T): T {
  running.push(started);
  return started;
}
