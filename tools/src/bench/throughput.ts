import type { Measuring } from './benchmark.js';
import { ROUNDS, takeTurns, type Turns } from './rounds.js';

const WARM_UP_EVENTS = 500;
const FEWEST_EVENTS = 500;
const MOST_EVENTS = 50_000;

/** A consumer of a stream: where its events go in, and how to tell that it is done with all of them. */
export interface Side {
  subject: string;
  /** Resolves when `count` more events than at the call before have been dealt with. */
  finish: (count: number) => Promise<void>;
}

/**
 * Events per second, from the first publish to the last event dealt with. Each side gets as many events a round as it
 * is expected to manage in its time, judging by the round before.
 */
export async function measureThroughput(
  { rig, seconds, progress }: Measuring,
  sides: { ours: Side; bare: Side },
  make: (count: number, mark: string) => string[],
): Promise<Turns<number>> {
  let run = 0;
  const pass = async ({ subject, finish }: Side, count: number): Promise<number> => {
    const events = make(count, `throughput${(run += 1)}`);
    await rig.settle();
    const began = performance.now();
    await rig.publish(subject, events);
    await finish(count);
    return count / ((performance.now() - began) / 1_000);
  };
  const pacer = async (side: Side): Promise<() => Promise<number>> => {
    await pass(side, WARM_UP_EVENTS);
    let expected = await pass(side, WARM_UP_EVENTS);
    return async () => {
      const count = Math.round(Math.min(MOST_EVENTS, Math.max(FEWEST_EVENTS, expected * (seconds / ROUNDS))));
      expected = await pass(side, count);
      return expected;
    };
  };
  progress('warming up');
  const ours = await pacer(sides.ours);
  const bare = await pacer(sides.bare);
  return takeTurns({ ours, bare }, progress, (perSecond) => `${perSecond.toFixed(0)} events/s`);
}
