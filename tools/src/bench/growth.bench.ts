import { Client } from 'pg';
import { openWork, provisionEngine, seedArchive, seedPending } from '../engine/engine.schema.js';
import type { Measuring } from './benchmark.js';
import { type Figure, median, type Result } from './figure.js';
import { now } from './programs/parent.js';
import { CALLS_AT_ONCE } from './rig.js';
import { ROUNDS, takeTurns, type Turns, until } from './rounds.js';

const SIZES = [1_000, 100_000, 10_000_000];
const WARM_UP = 500;
const PATIENCE_MS = 120_000;

/** Whether a delivery costs the same after ten million others. */
export async function measureGrowth(measuring: Measuring): Promise<Result> {
  const { rig, progress } = measuring;
  await rig.run([]);
  const url = await provisionEngine(rig.databaseUrl);
  const client = new Client({ connectionString: rig.databaseUrl });
  await client.connect();
  try {
    const figures: Figure[] = [];
    const ends: { ours: number; bare: number }[] = [];
    for (const [index, size] of SIZES.entries()) {
      const began = performance.now();
      await seedArchive(client, { count: size - (SIZES[index - 1] ?? 0), month: new Date(Date.UTC(2020, index, 1)) });
      progress(`${name(size)} finished deliveries are there, after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
      const turns = await measure(measuring, client, url);
      const rates = { ours: median(turns.ours), bare: median(turns.bare) };
      ends.push(rates);
      figures.push(
        { what: `deliveries, after ${name(size)}`, unit: '/s', better: 'higher', ...rates },
        { what: `each, after ${name(size)}`, unit: 'µs', better: 'lower', ours: 1e6 / rates.ours, bare: 1e6 / rates.bare },
      );
    }
    const [first, last] = [ends[0], ends.at(-1)];
    if (first !== undefined && last !== undefined) {
      figures.push({ what: 'rate, last beside first', unit: '×', better: 'higher', ours: last.ours / first.ours, bare: last.bare / first.bare, aim: { of: 'ours', value: 0.8 } });
    }
    return {
      name: 'growth',
      title: `Claim, call and settlement after so many finished deliveries, ${CALLS_AT_ONCE} calls at a time`,
      ours: 'the engine: claim, guard, handler, settlement and outcome, each committed; the provider answers at once',
      bare: 'the same claim and settlement with an outbox row, one after the other in a loop; no guard, no handler, no call',
      figures,
    };
  } finally {
    await client.end();
  }
}

async function measure({ rig, seconds, progress }: Measuring, client: Client, url: string): Promise<Turns<number>> {
  const env = { ENGINE_URL: url, CONNECTIONS: 'engine' };
  const [engine, bare] = [rig.bare('engine', env), rig.bare('bare.engine', env)];
  await Promise.all([engine.ask('ready'), bare.ask('ready')]);
  const ours = async (count: number): Promise<number> => {
    await engine.ask('take');
    await rig.settle();
    await seedPending(client, { count, connections: ['engine'] });
    await until(async () => (await openWork(client)) === 0, 'not every delivery has been settled', PATIENCE_MS);
    const ended = now();
    const { firstAt } = await engine.ask<{ firstAt: number }>('take');
    return (count / (ended - firstAt)) * 1_000;
  };
  const loop = async (count: number): Promise<number> => {
    await rig.settle();
    await seedPending(client, { count, connections: ['bare'] });
    return (count / (await bare.ask<number>('drain', { connection: 'bare' }))) * 1_000;
  };
  const paced = async (side: (count: number) => Promise<number>): Promise<() => Promise<number>> => {
    await side(WARM_UP);
    const count = Math.round((await side(WARM_UP)) * (seconds / ROUNDS));
    return () => side(Math.min(50_000, Math.max(WARM_UP, count)));
  };
  return takeTurns({ ours: await paced(ours), bare: await paced(loop) }, progress, (perSecond) => `${perSecond.toFixed(0)} deliveries/s`);
}

const name = (size: number): string => (size >= 1_000_000 ? `${size / 1_000_000} M` : `${size / 1_000} k`);
