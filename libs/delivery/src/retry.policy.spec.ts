import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextAttemptAt, retryPolicy } from './retry.policy.js';

const policy = retryPolicy.parse({});
const now = new Date('2026-11-22T12:00:00Z');
const waitMs = (attempts: number, random: number, retryAfterMs?: number): number | undefined => {
  const at = nextAttemptAt(policy, { attempts, random, retryAfterMs, firstAttemptAt: now, now });
  return at && at.getTime() - now.getTime();
};

describe('nextAttemptAt', () => {
  it('draws from a range that doubles from 5 s to 6 h', () => {
    expect([1, 2, 3, 4].map((attempts) => waitMs(attempts, 1))).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect([20, 50, 100_000].map((attempts) => waitMs(attempts, 1))).toEqual([21_600_000, 21_600_000, 21_600_000]);
    expect([waitMs(4, 0), waitMs(4, 0.5)]).toEqual([0, 20_000]);
  });

  it('never undercuts what the provider asked for, and does not shorten its own wait to it', () => {
    expect(waitMs(1, 0, 30_000)).toBe(30_000);
    expect(waitMs(4, 1, 30_000)).toBe(40_000);
  });

  it('gives up when the next attempt would lie more than 72 h after the first', () => {
    const hours = (ago: number): Date => new Date(now.getTime() - ago * 3_600_000);
    const ask = (firstAttemptAt: Date) => nextAttemptAt(policy, { attempts: 30, random: 1, firstAttemptAt, now });
    expect(ask(hours(66))).toEqual(new Date('2026-11-22T18:00:00Z'));
    expect(ask(hours(66.1))).toBeUndefined();
  });

  it('stays within its limits for any question', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
        const ms = waitMs(attempts, random) ?? -1;
        return ms >= 0 && ms <= policy.maxDelayMs;
      }),
    );
  });
});
