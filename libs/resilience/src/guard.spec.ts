import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type GuardSettings } from './guard.options.js';
import { Guard, type GuardTransition } from './guard.js';
import { CredentialsError, PermanentError, RetryableError, UnknownOutcomeError } from './provider.errors.js';

const unavailable = (): RetryableError => new RetryableError('DOWN', 'the provider is down', { status: 503 });
const badRequest = (): PermanentError => new PermanentError('BAD', 'the provider refused the request', { status: 400 });
const refused = (): CredentialsError => new CredentialsError('REFUSED', 'the token is not accepted', { status: 401 });
const fails = (error: Error) => (): Promise<never> => Promise.reject(error);
const succeeds = (): Promise<string> => Promise.resolve('ok');
const hangs = (): Promise<never> => new Promise(() => undefined);
const obeys = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError'))));

describe('Guard', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const guardOf = (settings: GuardSettings = {}): Guard => new Guard('acme-crm', settings);
  const outcome = async (guard: Guard, action: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> =>
    guard.run(action).catch((error: unknown) => error);
  const failTimes = async (guard: Guard, times: number, error: Error = unavailable()): Promise<void> => {
    for (let i = 0; i < times; i++) await outcome(guard, fails(error));
  };
  const takes = (ms: number) => (): Promise<string> => new Promise<string>((resolve) => setTimeout(() => resolve('late'), ms));

  describe('circuit', () => {
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

  describe('credentials and operators', () => {
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
});
