import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failTimes, fails, guardOf, obeys, outcome, succeeds, takes } from './guard.test-kit.js';
import { RetryableError, UnknownOutcomeError } from './provider.errors.js';

describe('Guard', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  describe('bulkhead', () => {
    it('runs no more calls than it has slots, and a rejection is no failure of the provider', async () => {
      const guard = guardOf({ concurrency: 2, volumeThreshold: 5 });
      const running = [guard.run(takes(50)), guard.run(takes(50))];
      for (let i = 0; i < 20; i++) expect(await outcome(guard, succeeds)).toMatchObject({ code: 'BULKHEAD_FULL' });
      await vi.advanceTimersByTimeAsync(50);
      await Promise.all(running);
      expect([guard.state, guard.freeSlots()]).toEqual(['closed', 2]);
    });

    it('keeps the slot of a call that outlives its deadline until it really ends', async () => {
      const guard = guardOf({ concurrency: 1, deadlineMs: 100 });
      const call = outcome(guard, takes(1_000));
      await vi.advanceTimersByTimeAsync(200);
      expect(await call).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
      expect([guard.freeSlots(), guard.overdueCalls]).toEqual([0, 1]);
      expect(guard.reason).toContain('ignores its abort signal');
      await vi.advanceTimersByTimeAsync(800);
      expect([guard.freeSlots(), guard.overdueCalls]).toEqual([1, 0]);
    });

    it('tells when a slot is free again', async () => {
      const guard = guardOf({ concurrency: 1 });
      const told = vi.fn();
      guard.onAvailable(() => void told(guard.freeSlots()));
      await guard.run(succeeds);
      expect(told).toHaveBeenLastCalledWith(1);
    });
  });

  describe('deadline', () => {
    it('says the outcome is unknown when a call ignores its signal and succeeds too late', async () => {
      const guard = guardOf({ deadlineMs: 100 });
      const call = outcome(guard, takes(160));
      await vi.advanceTimersByTimeAsync(200);
      expect(await call).toBeInstanceOf(UnknownOutcomeError);
    });

    it('gives every call a signal of its own', async () => {
      const guard = guardOf({ deadlineMs: 100 });
      const slow = outcome(guard, obeys);
      await vi.advanceTimersByTimeAsync(60);
      const signals: AbortSignal[] = [];
      const healthy = guard.run((signal) => {
        signals.push(signal);
        return takes(80)();
      });
      await vi.advanceTimersByTimeAsync(100);
      expect(await slow).toBeInstanceOf(UnknownOutcomeError);
      expect(await healthy).toBe('late');
      await guard.run((signal) => Promise.resolve(signals.push(signal)));
      expect(signals.map((signal) => signal.aborted)).toEqual([false, false]);
    });

    it('believes an aborted adapter that knows nothing was sent', async () => {
      const guard = guardOf({ deadlineMs: 100 });
      const call = outcome(guard, (signal) => obeys(signal).catch(() => Promise.reject(new RetryableError('NOT_SENT', 'never connected'))));
      await vi.advanceTimersByTimeAsync(100);
      expect(await call).toMatchObject({ code: 'NOT_SENT' });
    });

    it('treats an error nobody classified as an unknown outcome and keeps its cause', async () => {
      const bug = new TypeError('x is undefined');
      expect(await outcome(guardOf(), fails(bug))).toMatchObject({ code: 'UNCLASSIFIED', cause: bug });
      const thrown = (): Promise<never> => {
        throw bug;
      };
      expect(await outcome(guardOf(), thrown)).toMatchObject({ code: 'UNCLASSIFIED' });
    });
  });

  describe('rate limit', () => {
    it('starts a burst, then the configured number a second', async () => {
      const guard = guardOf({ ratePerSecond: 10, burst: 3, concurrency: 100 });
      for (let i = 0; i < 3; i++) await guard.run(succeeds);
      expect(await outcome(guard, succeeds)).toMatchObject({ code: 'RATE_LIMITED', retryAt: new Date(Date.now() + 100) });
      expect(guard.availableAt()).toEqual(new Date(Date.now() + 100));
      await vi.advanceTimersByTimeAsync(100);
      expect([guard.freeSlots(), guard.availableAt()]).toEqual([1, undefined]);
    });

    it('starts nothing before the Retry-After of the provider has passed', async () => {
      const guard = guardOf();
      await failTimes(guard, 1, new RetryableError('LIMIT', 'slow down', { status: 429, retryAfterMs: 2_000 }));
      expect([guard.state, guard.freeSlots(), guard.openUntil]).toEqual(['closed', 0, new Date(Date.now() + 2_000)]);
      await vi.advanceTimersByTimeAsync(1_999);
      expect(await outcome(guard, succeeds)).toMatchObject({ code: 'RATE_LIMITED' });
      await vi.advanceTimersByTimeAsync(1);
      expect(await outcome(guard, succeeds)).toBe('ok');
    });

    it('slows down when the provider says that little is left, and stops at nothing, before it is refused', async () => {
      const guard = guardOf({ concurrency: 100 });
      const answering = (remaining: number) => (): Promise<void> => {
        guard.reportRateLimit({ remaining, resetMs: 10_000, limit: 100 });
        return Promise.resolve();
      };
      await guard.run(answering(21));
      expect(guard.freeSlots()).toBe(100);
      await guard.run(answering(19));
      expect([guard.freeSlots(), guard.availableAt()]).toEqual([0, new Date(Date.now() + 500)]);
      await vi.advanceTimersByTimeAsync(500);
      expect(guard.freeSlots()).toBe(1);
      await guard.run(answering(0));
      expect([guard.freeSlots(), guard.openUntil]).toEqual([0, new Date(Date.now() + 10_000)]);
      expect(guard.reason).toContain('pause');
      await vi.advanceTimersByTimeAsync(10_000);
      expect([guard.freeSlots(), guard.openUntil]).toEqual([100, undefined]);
    });

    it('counts the calls that are under way as not yet counted by the provider', async () => {
      const guard = guardOf({ concurrency: 40 });
      const running = Array.from({ length: 30 }, () => guard.run(takes(1_000)));
      guard.reportRateLimit({ remaining: 30, resetMs: 5_000, limit: 100 });
      expect([guard.freeSlots(), guard.state]).toEqual([0, 'closed']);
      await vi.advanceTimersByTimeAsync(1_000);
      await Promise.all(running);
    });
  });
});
