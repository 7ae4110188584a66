import { Guard } from '@posthorn/resilience';
import type { Measuring } from './benchmark.js';
import { type Figure, median, type Result } from './figure.js';
import { takeTurns } from './rounds.js';

const CALLS = 20_000;
const AT_ONCE = 8;

const call = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a guard adds to a call that does nothing but wait for the next turn. */
export async function measureGuard({ progress }: Measuring): Promise<Result> {
  const guard = new Guard('bench', { concurrency: AT_ONCE });
  try {
    const figures: Figure[] = [];
    for (const atOnce of [1, AT_ONCE]) {
      const sides = { ours: () => microseconds(() => guard.run(call), atOnce), bare: () => microseconds(call, atOnce) };
      await sides.ours();
      await sides.bare();
      const turns = await takeTurns(sides, progress, (value) => `${value.toFixed(2)} µs`);
      figures.push({ what: atOnce === 1 ? 'a call, one at a time' : `a call, ${atOnce} at a time`, unit: 'µs', better: 'lower', ours: median(turns.ours), bare: median(turns.bare) });
    }
    return {
      name: 'guard',
      title: 'A call through a guard',
      ours: 'bulkhead, rate limit, circuit breaker, and a deadline with a signal of its own',
      bare: 'the call, which waits for the next turn of the event loop',
      figures,
    };
  } finally {
    guard.close();
  }
}

async function microseconds(run: () => Promise<unknown>, atOnce: number): Promise<number> {
  const began = performance.now();
  let left = CALLS;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await run();
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return ((performance.now() - began) * 1_000) / CALLS;
}
