import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { MicroBatcher } from './micro-batcher.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A run whose batches end when the test says so. */
function heldRun() {
  const batches: { items: number[]; finish: (outputs?: number[]) => void; fail: (error: Error) => void }[] = [];
  const run = (items: number[]): Promise<number[]> =>
    new Promise((resolve, reject) => {
      batches.push({ items, finish: (outputs) => resolve(outputs ?? items.map((item) => item * 2)), fail: reject });
    });
  return { batches, run };
}

describe('MicroBatcher', () => {
  it('starts a lone item in the same turn of the event loop', async () => {
    const { batches, run } = heldRun();
    const batcher = new MicroBatcher({ maxBatch: 10, run });
    const answer = batcher.add(1);
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    batches[0]?.finish();
    expect(await answer).toBe(2);
  });

  it('gathers: what follows a run too soon shares the next', async () => {
    vi.useFakeTimers();
    try {
      const began = performance.now();
      const runs: { atMs: number; items: number[] }[] = [];
      const run = (items: number[]): Promise<number[]> => {
        runs.push({ atMs: performance.now() - began, items });
        return Promise.resolve(items);
      };
      const batcher = new MicroBatcher({ maxBatch: 3, gatherMs: 100, run });
      for (const item of [1, 2, 3, 4]) {
        void batcher.add(item);
        await vi.advanceTimersByTimeAsync(10);
      }
      await vi.advanceTimersByTimeAsync(200);
      void batcher.addAll([5, 6, 7, 8]);
      await vi.advanceTimersByTimeAsync(1);
      await Promise.all([vi.advanceTimersByTimeAsync(100), batcher.drain()]);
      expect(runs).toEqual([
        { atMs: 0, items: [1] },
        { atMs: 100, items: [2, 3, 4] },
        { atMs: 240, items: [5, 6, 7] },
        { atMs: 340, items: [8] },
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('gives a run no more than it can carry, and what is too heavy for any run alone', async () => {
    const { batches, run } = heldRun();
    const batcher = new MicroBatcher({ maxBatch: 3, maxWeight: { of: (item: number) => item, sum: 10 }, concurrency: 9, run });
    for (const item of [4, 6, 1, 1, 1, 1, 99, 99, 10]) void batcher.add(item);
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[4, 6], [1, 1, 1], [1], [99], [99], [10]]);
  });

  it('lets items that arrive during a run form the next batch, in order', async () => {
    const { batches, run } = heldRun();
    const batcher = new MicroBatcher({ maxBatch: 3, run });
    const answers = [batcher.add(1)];
    await turn();
    answers.push(...[2, 3, 4, 5].map((item) => batcher.add(item)));
    await turn();
    expect(batches).toHaveLength(1);
    batches[0]?.finish();
    await turn();
    batches[1]?.finish();
    await turn();
    batches[2]?.finish();
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10]);
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('divides a long list like everything else, and answers it as a whole: what each became, or why it failed', async () => {
    const { batches, run } = heldRun();
    const batcher = new MicroBatcher({ maxBatch: 2, concurrency: 3, run });
    const answer = batcher.addAll([1, 2, 3, 4, 5]);
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1, 2], [3, 4], [5]]);
    batches[2]?.finish();
    batches[1]?.fail(new Error('no room'));
    batches[0]?.finish();
    expect(await answer).toEqual([2, 4, new Error('no room'), new Error('no room'), 10]);
    expect(await batcher.addAll([])).toEqual([]);
  });

  it('rejects every item of a failed batch with its error, and no other item', async () => {
    const { batches, run } = heldRun();
    const batcher = new MicroBatcher({ maxBatch: 2, run });
    const answers = Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    await turn();
    batches[0]?.fail(new Error('no room'));
    await turn();
    batches[1]?.finish();
    expect((await answers).map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason)))).toEqual([
      'Error: no room',
      'Error: no room',
      6,
    ]);
  });

  it('rejects the items when a run answers another number of them', async () => {
    const batcher = new MicroBatcher({ maxBatch: 5, run: () => Promise.resolve([1]) });
    const answers = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('drains once nothing waits and nothing is in flight, failed batches included', async () => {
    const { batches, run } = heldRun();
    const batcher = new MicroBatcher({ maxBatch: 1, run });
    await batcher.drain();
    const answers = Promise.allSettled([batcher.add(1), batcher.add(2)]);
    let drained = false;
    const draining = batcher.drain().then(() => (drained = true));
    await turn();
    batches[0]?.finish();
    await turn();
    expect(drained).toBe(false);
    batches[1]?.fail(new Error('gone'));
    await draining;
    await answers;
    expect(batcher.size).toBe(0);
  });

  it('refuses a batch size or concurrency that makes no sense', () => {
    const run = (items: number[]): Promise<number[]> => Promise.resolve(items);
    expect(() => new MicroBatcher({ maxBatch: 0, run })).toThrow(RangeError);
    expect(() => new MicroBatcher({ maxBatch: 1, concurrency: 0.5, run })).toThrow(RangeError);
  });

  it('answers each item exactly once with its own output, whatever arrives when', async () => {
    const arrivals = fc.array(fc.record({ burst: fc.integer({ min: 1, max: 20 }), turns: fc.integer({ min: 0, max: 3 }) }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 3 }), async (bursts, maxBatch, concurrency) => {
        let running = 0;
        const seen: number[] = [];
        const run = async (items: number[]): Promise<string[]> => {
          running += 1;
          expect(running).toBeLessThanOrEqual(concurrency);
          expect(items.length).toBeLessThanOrEqual(maxBatch);
          seen.push(...items);
          await turn();
          running -= 1;
          if (items.some((item) => item % 13 === 5)) throw new Error('unlucky');
          return items.map((item) => `answer ${item}`);
        };
        const batcher = new MicroBatcher<number, string>({ maxBatch, concurrency, run });
        const answers: Promise<string>[] = [];
        const outcome = (answer: Promise<string>): Promise<string> => answer.catch((error: unknown) => String(error));
        for (const { burst, turns } of bursts) {
          for (let i = 0; i < burst; i += 1) answers.push(outcome(batcher.add(answers.length)));
          for (let i = 0; i < turns; i += 1) await turn();
        }
        await batcher.drain();
        expect(seen).toEqual(answers.map((_, index) => index));
        (await Promise.all(answers)).forEach((answer, index) => expect([`answer ${index}`, 'Error: unlucky']).toContain(answer));
      }),
      { numRuns: 150 },
    );
  });
});
