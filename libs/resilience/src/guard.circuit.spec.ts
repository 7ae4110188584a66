import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type GuardTransition } from './guard.announcements.js';
import { badRequest, failTimes, guardOf, hangs, obeys, outcome, succeeds, takes, unavailable } from './guard.test-kit.js';
import { PermanentError, UnknownOutcomeError } from './provider.errors.js';

describe('the circuit of a guard', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('stays closed on a single failure', async () => {
    const guard = guardOf();
    await failTimes(guard, 1);
    expect(guard.state).toBe('closed');
  });

  it('opens at the error rate once the volume is reached, and starts no call while it is open', async () => {
    const guard = guardOf({ volumeThreshold: 4 });
    await outcome(guard, succeeds);
    await outcome(guard, succeeds);
    await failTimes(guard, 2);
    expect(guard.state).toBe('open');
    expect(guard.freeSlots()).toBe(0);
    const action = vi.fn(succeeds);
    expect(await outcome(guard, action)).toMatchObject({ code: 'CIRCUIT_OPEN', retryAt: guard.openUntil });
    expect(action).not.toHaveBeenCalled();
  });

  it('never opens on answers that prove the provider healthy', async () => {
    const guard = guardOf();
    for (const status of [400, 404, 409, 422, 550]) await failTimes(guard, 10, new PermanentError('NO', 'no', { status }));
    expect(guard.state).toBe('closed');
  });

  it.each([401, 403, 408, 429, 500, 503])('counts status %i against the provider whatever the error class', async (status) => {
    const guard = guardOf();
    await failTimes(guard, 5, new PermanentError('NO', 'no', { status }));
    expect(guard.state).toBe('open');
  });

  it('neither opens nor closes on a bug of ours, and keeps the interval when the probe ends so', async () => {
    const guard = guardOf({ openMs: 1_000 });
    await failTimes(guard, 50, new TypeError('x is undefined'));
    expect(guard.state).toBe('closed');
    await failTimes(guard, 5);
    for (let i = 0; i < 3; i++) {
      const span = (guard.openUntil?.getTime() ?? 0) - Date.now();
      expect(span).toBeLessThanOrEqual(1_200);
      await vi.advanceTimersByTimeAsync(span);
      expect(guard.state).toBe('half-open');
      await failTimes(guard, 1, new TypeError('x is undefined'));
      expect([guard.state, guard.freeSlots(), guard.reason]).toEqual(['open', 0, 'DOWN: the provider is down']);
    }
  });

  it('opens on answers after 30 s with the default settings', async () => {
    const guard = guardOf();
    const calls = Array.from({ length: 8 }, () => outcome(guard, takes(30_000)));
    await vi.advanceTimersByTimeAsync(10_100);
    expect((await Promise.all(calls)).every((error) => error instanceof UnknownOutcomeError)).toBe(true);
    expect([guard.state, guard.overdueCalls]).toEqual(['open', 8]);
  });

  it('opens on a provider that answers nothing, even one call at a time and slower than the window', async () => {
    const guard = guardOf({ concurrency: 1, deadlineMs: 10_000, windowMs: 10_000, volumeThreshold: 5 });
    for (let i = 0; i < 5; i++) {
      const call = outcome(guard, obeys);
      await vi.advanceTimersByTimeAsync(10_100);
      expect(await call).toBeInstanceOf(UnknownOutcomeError);
    }
    expect(guard.state).toBe('open');
  });

  it('lets exactly one probe through when half-open, and closes when it succeeds', async () => {
    const guard = guardOf({ openMs: 1_000 });
    await failTimes(guard, 5);
    await vi.advanceTimersByTimeAsync(1_200);
    expect([guard.state, guard.freeSlots()]).toEqual(['half-open', 1]);
    const probe = guard.run(takes(10));
    expect(guard.freeSlots()).toBe(0);
    expect(await outcome(guard, succeeds)).toMatchObject({ code: 'CIRCUIT_OPEN' });
    await vi.advanceTimersByTimeAsync(10);
    await probe;
    expect(guard.state).toBe('closed');
  });

  it('closes on a probe that proves the provider healthy by refusing the request', async () => {
    const guard = guardOf({ openMs: 1_000 });
    await failTimes(guard, 5);
    await vi.advanceTimersByTimeAsync(1_200);
    await failTimes(guard, 1, badRequest());
    expect(guard.state).toBe('closed');
  });

  it('ends a probe that hangs at its deadline, opens again, and probes later', async () => {
    const guard = guardOf({ openMs: 1_000, deadlineMs: 500 });
    await failTimes(guard, 5);
    await vi.advanceTimersByTimeAsync(1_200);
    const probe = outcome(guard, hangs);
    await vi.advanceTimersByTimeAsync(600);
    expect(await probe).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(guard.state).toBe('open');
    await vi.advanceTimersByTimeAsync(2_400);
    expect([guard.state, guard.freeSlots()]).toEqual(['half-open', 1]);
  });

  it('stays open longer after every failed probe, with jitter, up to the limit', async () => {
    const guard = guardOf({ openMs: 1_000, maxOpenMs: 4_000 });
    await failTimes(guard, 5);
    const spans: number[] = [];
    for (let i = 0; i < 4; i++) {
      const span = (guard.openUntil?.getTime() ?? 0) - Date.now();
      spans.push(span);
      await vi.advanceTimersByTimeAsync(span);
      await failTimes(guard, 1);
    }
    [1_000, 2_000, 4_000, 4_000].forEach((base, index) => {
      expect(spans[index]).toBeGreaterThanOrEqual(base);
      expect(spans[index]).toBeLessThanOrEqual(base * 1.2);
    });
  });

  it('forgets the failures of the outage once it has closed', async () => {
    const guard = guardOf({ openMs: 1_000, windowMs: 60_000 });
    await failTimes(guard, 5);
    await vi.advanceTimersByTimeAsync(1_200);
    await outcome(guard, succeeds);
    await failTimes(guard, 1);
    expect(guard.state).toBe('closed');
  });

  it('does not let a call from before the outage close or open the half-open circuit', async () => {
    const guard = guardOf({ openMs: 1_000, deadlineMs: 5_000 });
    const early = [outcome(guard, takes(1_500)), outcome(guard, () => takes(1_500)().then(() => Promise.reject(unavailable())))];
    await failTimes(guard, 5);
    await vi.advanceTimersByTimeAsync(1_400);
    expect(guard.state).toBe('half-open');
    await vi.advanceTimersByTimeAsync(200);
    await Promise.all(early);
    expect([guard.state, guard.freeSlots()]).toEqual(['half-open', 1]);
  });

  it('starts small after a recovery and grows with each success', async () => {
    const guard = guardOf({ openMs: 1_000, concurrency: 8 });
    await failTimes(guard, 5);
    await vi.advanceTimersByTimeAsync(1_200);
    await outcome(guard, succeeds);
    const first = guard.freeSlots();
    for (let i = 0; i < 8; i++) await outcome(guard, succeeds);
    expect([first, guard.freeSlots()]).toEqual([3, 8]);
  });

  it('opens when most calls succeed too slowly', async () => {
    const guard = guardOf({ slowCallMs: 100, slowCallRate: 0.8, volumeThreshold: 5 });
    for (let i = 0; i < 5; i++) {
      const call = guard.run(takes(100));
      await vi.advanceTimersByTimeAsync(100);
      await call;
    }
    expect(guard.state).toBe('open');
    expect(guard.reason).toContain('100 % of 5 calls took 100 ms');
  });

  it('announces every transition once, with its reason', async () => {
    const guard = guardOf({ openMs: 1_000 });
    const seen: GuardTransition[] = [];
    guard.onTransition((transition) => seen.push(transition));
    await failTimes(guard, 5);
    await vi.advanceTimersByTimeAsync(1_200);
    await outcome(guard, succeeds);
    expect(seen.map(({ from, to }) => `${from} → ${to}`)).toEqual(['closed → open', 'open → half-open', 'half-open → closed']);
    expect(seen[0]).toMatchObject({ guard: 'acme-crm', reason: 'DOWN: the provider is down' });
    expect(seen[0]?.openUntil?.getTime()).toBeGreaterThan(0);
  });
});
