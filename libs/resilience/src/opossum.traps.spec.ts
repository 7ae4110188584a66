import Opossum from 'opossum';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/**
 * What opossum does by itself, and why the guard is built as it is. When one of these fails after an upgrade,
 * opossum has changed and a part of the guard may have become unnecessary; guard.circuit.spec.ts says what must stay.
 */
describe('opossum 10 by itself', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const quiet = async (call: Promise<unknown>): Promise<void> => {
    await call.catch(() => undefined);
  };
  const fail = (): Promise<never> => Promise.reject(new Error('down'));
  const lasts = (ms: number) => (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  it('opens on one failure without a volume threshold', async () => {
    const breaker = new Opossum(fail);
    await quiet(breaker.fire());
    expect(breaker.opened).toBe(true);
  });

  it('counts rejections at its capacity as failures of a healthy provider', async () => {
    const breaker = new Opossum(lasts(10), { capacity: 2, volumeThreshold: 5 });
    const calls = Array.from({ length: 20 }, () => quiet(breaker.fire()));
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all(calls);
    expect(breaker.opened).toBe(true);
  });

  it('frees a slot on timeout while the call still runs', async () => {
    let running = 0;
    const breaker = new Opossum(() => {
      running += 1;
      return lasts(1_000)();
    }, { capacity: 1, timeout: 100, volumeThreshold: 100 });
    for (let i = 0; i < 6; i++) {
      const call = quiet(breaker.fire());
      await vi.advanceTimersByTimeAsync(100);
      await call;
    }
    expect(running).toBe(6);
  });

  it('closes a half-open circuit on an error its filter accepts', async () => {
    let filtered = false;
    const breaker = new Opossum(fail, { resetTimeout: 100, errorFilter: () => filtered });
    await quiet(breaker.fire());
    await vi.advanceTimersByTimeAsync(100);
    filtered = true;
    await quiet(breaker.fire());
    expect(breaker.closed).toBe(true);
  });

  it('aborts a healthy sibling when one call times out, because the signal is shared', async () => {
    const shared = new AbortController();
    const breaker = new Opossum(lasts(1_000), { timeout: 100, abortController: shared });
    const call = quiet(breaker.fire());
    await vi.advanceTimersByTimeAsync(100);
    await call;
    expect(shared.signal.aborted).toBe(true);
  });

  it('rejects for ever while its only probe hangs', async () => {
    const breaker = new Opossum((hang: boolean) => (hang ? new Promise(() => undefined) : fail()), { timeout: false, resetTimeout: 100 });
    await quiet(breaker.fire(false));
    await vi.advanceTimersByTimeAsync(100);
    void breaker.fire(true);
    await vi.advanceTimersByTimeAsync(3_600_000);
    await expect(breaker.fire(false)).rejects.toThrow('Breaker is open');
  });

  it('never opens on calls that take as long as its window, because they are counted as fired when they start', async () => {
    const breaker = new Opossum(() => lasts(10_100)().then(fail), { timeout: false, volumeThreshold: 5, rollingCountTimeout: 10_000 });
    for (let i = 0; i < 20; i++) {
      const call = quiet(breaker.fire());
      await vi.advanceTimersByTimeAsync(10_200);
      await call;
    }
    expect(breaker.closed).toBe(true);
  });

  it('opens again on the first failure after closing, because it keeps the failures of the outage', async () => {
    let down = true;
    const breaker = new Opossum(() => (down ? fail() : Promise.resolve()), { volumeThreshold: 5, resetTimeout: 100, rollingCountTimeout: 60_000 });
    for (let i = 0; i < 5; i++) await quiet(breaker.fire());
    await vi.advanceTimersByTimeAsync(100);
    down = false;
    await quiet(breaker.fire());
    down = true;
    await quiet(breaker.fire());
    expect(breaker.opened).toBe(true);
  });

  it('lets a call from before the outage close the half-open circuit', async () => {
    const breaker = new Opossum((ms: number) => (ms > 0 ? lasts(ms)() : fail()), { timeout: false, resetTimeout: 100 });
    const early = quiet(breaker.fire(150));
    await quiet(breaker.fire(0));
    await quiet(breaker.fire(0));
    await vi.advanceTimersByTimeAsync(150);
    await early;
    expect(breaker.closed).toBe(true);
  });
});
