import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeasedBucket } from './leased.bucket.js';
import { MemoryBank } from './memory.bank.test-kit.js';

function replicas(count: number, limit = { perSecond: 100, burst: 1_000 }) {
  const clock = { ms: 1_000_000 };
  const bank = new MemoryBank(() => clock.ms);
  const buckets = Array.from({ length: count }, () => new LeasedBucket('key:acme/backend', limit, bank, () => clock.ms));
  return { clock, bank, limit, buckets, first: buckets[0]! };
}

const took = async (bucket: LeasedBucket, tokens = 1): Promise<boolean> => (tokens === 1 ? await bucket.take() : await bucket.takeMany(tokens)).taken;

async function takeAll(bucket: LeasedBucket): Promise<number> {
  let count = 0;
  while (await took(bucket)) count += 1;
  return count;
}

describe('a bucket that replicas share', () => {
  it('never gives out more than it holds and gets back, whoever asks when and for how many', async () => {
    const step = fc.record({ replica: fc.nat(2), tokens: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 300 })), times: fc.integer({ min: 1, max: 40 }), laterMs: fc.integer({ min: 0, max: 3_000 }) });
    const limits = fc.record({ perSecond: fc.integer({ min: 1, max: 2_000 }), burst: fc.integer({ min: 1, max: 5_000 }) });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), async (limit, steps) => {
        const { clock, buckets } = replicas(3, limit);
        const began = clock.ms;
        let spent = 0;
        for (const { replica, tokens, times, laterMs } of steps) {
          clock.ms += laterMs;
          const results = await Promise.all(Array.from({ length: times }, () => took(buckets[replica]!, tokens)));
          spent += results.filter(Boolean).length * tokens;
          expect(spent).toBeLessThanOrEqual(limit.burst + ((clock.ms - began) / 1_000) * limit.perSecond + 1e-6);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives all of it to one who comes alone, and five in a hundred less at most to one of three', async () => {
    const alone = replicas(1);
    expect(await takeAll(alone.first)).toBe(1_000);
    const { buckets, first } = replicas(3);
    for (const bucket of buckets) await took(bucket);
    expect(2 + (await takeAll(first)) + 1).toBeGreaterThan(950);
  });

  it('asks once for a hundredth of it, and for less as it empties', async () => {
    const { bank, first } = replicas(1);
    for (let count = 0; count < 500; count += 1) await took(first);
    expect(bank.statements).toBe(50);
    await takeAll(first);
    expect(bank.statements).toBeGreaterThan(100);
  });

  it('asks once for all who wait', async () => {
    const { bank, first } = replicas(1);
    expect(await Promise.all(Array.from({ length: 300 }, () => took(first)))).not.toContain(false);
    expect(bank.statements).toBeLessThanOrEqual(2);
  });

  it('does not ask for every one that it refuses', async () => {
    const { bank, first, clock } = replicas(1);
    await takeAll(first);
    const before = bank.statements;
    for (let count = 0; count < 1_000; count += 1) await took(first);
    expect(bank.statements).toBe(before);
    clock.ms += 60;
    expect([await took(first), bank.statements]).toEqual([true, before + 1]);
  });

  it('says when there is one again', async () => {
    const { first, clock } = replicas(1, { perSecond: 2, burst: 10 });
    await takeAll(first);
    const verdict = await first.take();
    expect(verdict).toEqual({ taken: false, waitMs: 500 });
    clock.ms += 500;
    expect(await took(first)).toBe(true);
  });

  it('takes many or none', async () => {
    const { first } = replicas(1);
    expect([await took(first, 600), await took(first, 600), await took(first, 400), await took(first)]).toEqual([true, false, true, false]);
    expect(await first.takeMany(1_001)).toEqual({ taken: false, waitMs: Infinity });
  });

  it('tells what remains', async () => {
    const { first, clock } = replicas(1);
    await took(first, 400);
    expect(first.remaining).toBe(600);
    clock.ms += 1_000;
    expect(first.remaining).toBe(700);
    clock.ms += 60_000;
    expect(first.remaining).toBe(1_000);
  });

  it('counts nothing while the bank is away, once its portion is spent, and counts again when it is back', async () => {
    const { bank, first, clock } = replicas(1, { perSecond: 1, burst: 3 });
    await takeAll(first);
    bank.away = true;
    clock.ms += 60;
    expect([await took(first), await took(first), await took(first, 2)]).toEqual([true, true, true]);
    bank.away = false;
    clock.ms += 1_000;
    expect([await took(first), await took(first)]).toEqual([true, false]);
  });

  it('has what was given back', async () => {
    const { first } = replicas(1, { perSecond: 1, burst: 5 });
    await takeAll(first);
    first.giveBack();
    expect([await took(first), await took(first)]).toEqual([true, false]);
  });
});
