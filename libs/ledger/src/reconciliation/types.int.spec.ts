import { EVENTS_STREAM, type PosthornEvent } from '@posthorn/contracts';
import { ensureTopology, STREAMS } from '@posthorn/messaging';
import { type NatsServer, startNats, waitFor } from '@posthorn/testing';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lead } from '../ledger.test-kit.js';
import { createWorld, type Publisher, startPublisher, startSubscriber, SUBSCRIBER, type Subscriber, type World } from './reconciliation.test-kit.js';

const DAY = 24 * 60 * 60_000;
const LEADS = ['lead.submitted'];
const BOTH = ['lead.submitted', 'order.paid'];

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

describe('a subscriber to some types', () => {
  it('gets these alone, also of what was lost, and agrees without the others', async () => {
    const lost = aged(20, DAY);
    await publisher.acceptLost([...lost, ...aged(20, DAY, order)]);
    const subscriber = await subscribe({ types: LEADS });
    const [leads] = await Promise.all([publisher.accept(50), publisher.accept(50, order)]);
    await subscriber.has([...leads, ...lost]);
    await agreesFromNowOn(subscriber);
    expect([...subscriber.intake.effects.keys()].sort()).toEqual([...leads, ...lost].map(({ id }) => id).sort());
    expect(await inboxTypes(subscriber)).toEqual(LEADS);
  });

  it('that learns a type is given its history as a new one is, each event once, and nothing again of what it had', async () => {
    const first = await subscribe({ types: LEADS });
    const [leads, orders] = await Promise.all([publisher.accept(100), publisher.accept(100, order)]);
    const [before, old] = [aged(10, 5 * DAY, order), aged(150, 2 * DAY, order)];
    await publisher.acceptLost([...before, ...old]);
    await first.has(leads);
    await agreesFromNowOn(first);
    await stop(first);

    const second = await subscribe({ types: BOTH });
    await second.has([...orders, ...old]);
    const live = [...(await publisher.accept(20, order)), ...(await publisher.accept(20))];
    await second.has(live);
    await agreesFromNowOn(second);
    expect([...second.intake.effects.keys()].sort()).toEqual([...orders, ...old, ...live].map(({ id }) => id).sort());
  });

  it('that gives a type up is given no more of it, misses nothing, and goes on where it was when it takes it again', async () => {
    const first = await subscribe({ types: BOTH });
    const had = [...(await publisher.accept(30, order)), ...(await publisher.accept(30))];
    await first.has(had);
    await agreesFromNowOn(first);
    await stop(first);

    const second = await subscribe({ types: LEADS });
    const [leads, orders] = await Promise.all([publisher.accept(30), publisher.accept(30, order)]);
    await second.has(leads);
    await agreesFromNowOn(second);
    expect([...second.intake.effects.keys()].sort()).toEqual(leads.map(({ id }) => id).sort());
    await stop(second);

    const third = await subscribe({ types: BOTH });
    await third.has(orders);
    await agreesFromNowOn(third);
    expect(third.intake.effects.size).toBe(orders.length);
  });

  it('loses nothing while replicas of two releases run side by side', async () => {
    const lost = [...aged(50, DAY), ...aged(50, DAY, order)];
    await publisher.acceptLost(lost);
    const replicas = [await subscribe({ types: LEADS }), await subscribe({ types: BOTH }), await subscribe({ types: LEADS })];
    const events = (await Promise.all([publisher.accept(200), publisher.accept(200, order)])).flat();
    const timesOf = ({ id }: PosthornEvent): number => replicas.reduce((sum, { intake }) => sum + (intake.effects.get(id) ?? 0), 0);
    const all = [...events, ...lost];
    await waitFor(() => all.every((event) => timesOf(event) > 0), { timeoutMs: 20_000, describe: () => `${all.filter((event) => timesOf(event) === 0).length} events` });
    expect(all.filter((event) => timesOf(event) !== 1)).toEqual([]);
  });

  it('of a publisher that does not know of types takes what it lacks, and calls nothing else missing', async () => {
    await publisher.app.close();
    running.splice(running.indexOf(publisher), 1);
    publisher = kept(await startPublisher(world, { knowsTypes: false }));
    const lost = aged(20, 60_000);
    await publisher.acceptLost([...lost, ...aged(20, 60_000, order)]);
    const subscriber = await subscribe({ types: LEADS, listens: false });
    await subscriber.has(lost);
    await agreesFromNowOn(subscriber);
    expect(await subscriber.metric('posthorn_reconciliation_fetched_total')).toMatch(/\{publisher="ingress"\} 20$/m);
    expect(await inboxTypes(subscriber)).toEqual(LEADS);
  });
});

function order(): PosthornEvent {
  return { ...lead(), type: 'order.paid' } as unknown as PosthornEvent;
}

/** Accepted within the last so many milliseconds, evenly spread. */
function aged(count: number, msAgo: number, make: () => PosthornEvent = lead): PosthornEvent[] {
  return Array.from({ length: count }, (_, n) => ({ ...make(), id: v7({ msecs: Math.floor(Date.now() - msAgo + (msAgo * n) / (4 * count)) }) }));
}

/** Until several comparisons, begun after now, have found nothing to fetch. */
async function agreesFromNowOn({ metric }: Subscriber): Promise<void> {
  const agreements = async (): Promise<number> => Number(/result="agreed"\} (\d+)/.exec(await metric('posthorn_reconciliation_runs_total'))?.[1] ?? 0);
  const now = await agreements();
  await waitFor(async () => (await agreements()) >= now + 3, { timeoutMs: 20_000, describe: 'three comparisons that agree' });
}

async function inboxTypes({ database }: Subscriber): Promise<string[]> {
  return (await database.query<{ type: string }>('SELECT DISTINCT type FROM inbox ORDER BY type')).map(({ type }) => type);
}

async function subscribe(options: Parameters<typeof startSubscriber>[1]): Promise<Subscriber> {
  return kept(await startSubscriber(world, options));
}

async function stop(subscriber: Subscriber): Promise<void> {
  running.splice(running.indexOf(subscriber), 1);
  await subscriber.app.close();
}

function kept<T extends { app: { close(): Promise<void> } }>(started: T): T {
  running.push(started);
  return started;
}
