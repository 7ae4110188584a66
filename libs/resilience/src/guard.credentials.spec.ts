import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type GuardTransition } from './guard.announcements.js';
import { failTimes, fails, guardOf, outcome, refused, succeeds, takes, unavailable } from './guard.test-kit.js';

describe('the credentials of a guard, and what operators order', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('parks at once when the credentials are refused, and says so once', async () => {
    const guard = guardOf({ concurrency: 4 });
    const seen: GuardTransition[] = [];
    guard.onTransition((transition) => seen.push(transition));
    await Promise.all(Array.from({ length: 4 }, () => outcome(guard, () => takes(5)().then(fails(refused())))).concat(vi.advanceTimersByTimeAsync(5)));
    expect([guard.state, guard.freeSlots(), seen.length]).toEqual(['parked', 0, 1]);
    expect(await outcome(guard, succeeds)).toMatchObject({ code: 'PARKED' });
  });

  it('tests parked credentials with one call at a time, soon and then ever more rarely, and resumes when they are accepted', async () => {
    const guard = guardOf({ parkedProbeMs: 1_000, maxParkedProbeMs: 4_000 });
    await failTimes(guard, 1, refused());
    for (const waitMs of [1_000, 2_000, 4_000, 4_000]) {
      await vi.advanceTimersByTimeAsync(waitMs - 1);
      expect([guard.state, guard.freeSlots(), guard.availableAt()]).toEqual(['parked', 0, new Date(Date.now() + 1)]);
      await vi.advanceTimersByTimeAsync(1);
      expect(guard.freeSlots()).toBe(1);
      await failTimes(guard, 1, refused());
    }
    await vi.advanceTimersByTimeAsync(4_000);
    await guard.run(succeeds);
    expect([guard.state, guard.freeSlots()]).toEqual(['closed', 8]);
  });

  it('goes on waiting longer when the test is accepted and the next call refused: the test does not need what is missing', async () => {
    const guard = guardOf({ parkedProbeMs: 1_000 });
    await failTimes(guard, 1, refused());
    await vi.advanceTimersByTimeAsync(1_000);
    await guard.run(succeeds);
    await failTimes(guard, 1, refused());
    expect(guard.openUntil).toEqual(new Date(Date.now() + 2_000));
  });

  it('learns nothing about the credentials from a test that proved nothing, and tests again after the same wait', async () => {
    const guard = guardOf({ parkedProbeMs: 1_000 });
    await failTimes(guard, 1, refused());
    for (const error of [new TypeError('a bug of ours'), unavailable()]) {
      await vi.advanceTimersByTimeAsync(1_000);
      await failTimes(guard, 1, error);
      expect([guard.state, guard.openUntil]).toEqual(['parked', new Date(Date.now() + 1_000)]);
    }
  });

  it('stays isolated when a test of credentials succeeds that was under way', async () => {
    const guard = guardOf();
    await failTimes(guard, 1, refused());
    guard.probeNow();
    const probe = guard.run(takes(10));
    guard.isolate('maintenance');
    await vi.advanceTimersByTimeAsync(10);
    await probe;
    expect(guard.state).toBe('isolated');
  });

  it('tests parked credentials at once when somebody asks for it', async () => {
    const guard = guardOf({ parkedProbeMs: 60_000 });
    await failTimes(guard, 1, refused());
    guard.probeNow();
    expect(guard.freeSlots()).toBe(1);
    await guard.run(succeeds);
    expect([guard.state, guard.freeSlots()]).toEqual(['closed', 8]);
  });

  it('lets an operator isolate and release a connection', async () => {
    const guard = guardOf();
    guard.isolate('maintenance until noon');
    expect([guard.state, guard.reason, guard.freeSlots()]).toEqual(['isolated', 'maintenance until noon', 0]);
    expect(await outcome(guard, succeeds)).toMatchObject({ code: 'ISOLATED' });
    guard.release();
    expect(await outcome(guard, succeeds)).toBe('ok');
  });

  it('closes an open circuit on release', async () => {
    const guard = guardOf();
    await failTimes(guard, 5);
    guard.release();
    expect(guard.state).toBe('closed');
  });
});
