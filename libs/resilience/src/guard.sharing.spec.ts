import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type GuardSettings } from './guard.options.js';
import { type GuardTransition } from './guard.announcements.js';
import { Guard } from './guard.js';
import { type ProbePort } from './probe.admission.js';
import { CredentialsError, RetryableError } from './provider.errors.js';
import { type Standing } from './standing.js';

const down = (): Promise<never> => Promise.reject(new RetryableError('DOWN', 'the provider is down', { status: 503 }));
const refused = (): Promise<never> => Promise.reject(new CredentialsError('REFUSED', 'the token is not accepted', { status: 401 }));
const succeeds = (): Promise<string> => Promise.resolve('ok');
const outcome = (guard: Guard, action: () => Promise<unknown>): Promise<unknown> => guard.run(action).catch((error: unknown) => error);

describe('guards of one connection in several replicas', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const guardOf = (settings: GuardSettings = {}): Guard => new Guard('acme-crm', { openMs: 1_000, ...settings });
  const fail = async (guard: Guard, times = 5): Promise<void> => {
    for (let i = 0; i < times; i++) await outcome(guard, down);
  };
  const inMs = (ms: number): Date => new Date(Date.now() + ms);

  it('tell what their own calls have found out, with the time of the next test, and not what they were told', async () => {
    const [one, other] = [guardOf({ parkedProbeMs: 500 }), guardOf()];
    const decisions: Standing[] = [];
    one.onDecision((standing) => {
      decisions.push(standing);
      other.adopt(standing);
    });
    other.onDecision(() => expect.unreachable());
    await fail(one);
    await vi.advanceTimersByTimeAsync(1_200);
    await fail(one, 1);
    await vi.advanceTimersByTimeAsync(2_400);
    await outcome(one, succeeds);
    await outcome(one, refused);
    await vi.advanceTimersByTimeAsync(500);
    await outcome(one, refused);
    expect(decisions.map(({ state, failures }) => `${state} ${failures}`)).toEqual(['open 0', 'open 1', 'closed 0', 'parked 0', 'parked 1']);
    expect(decisions[0]).toMatchObject({ reason: 'DOWN: the provider is down' });
    expect(other.standing).toEqual(one.standing);
  });

  it('adopt an open circuit, for as long as was said, from whatever state', async () => {
    const guard = guardOf();
    const seen: GuardTransition[] = [];
    guard.onTransition((transition) => seen.push(transition));
    for (const ms of [700, 300, 900]) {
      guard.adopt({ state: 'open', reason: 'elsewhere', until: inMs(ms), failures: 3 });
      expect([guard.state, guard.reason, guard.freeSlots(), guard.availableAt()]).toEqual(['open', 'elsewhere', 0, inMs(ms)]);
    }
    await vi.advanceTimersByTimeAsync(900);
    expect([guard.state, guard.freeSlots()]).toEqual(['half-open', 1]);
    await fail(guard, 1);
    expect(guard.standing.failures).toBe(4);
    expect(seen.map(({ to, adopted }) => `${to} ${adopted}`)).toEqual(['open true', 'half-open false', 'open false']);
  });

  it('adopt the recovery, and start small', async () => {
    const guard = guardOf();
    await fail(guard);
    guard.adopt({ state: 'closed', failures: 0 });
    expect([guard.state, guard.freeSlots()]).toEqual(['closed', 2]);
  });

  it('adopt refused credentials and their acceptance', () => {
    const guard = guardOf();
    guard.adopt({ state: 'parked', reason: 'the token is not accepted', until: inMs(400), failures: 1 });
    expect([guard.state, guard.freeSlots(), guard.openUntil]).toEqual(['parked', 0, inMs(400)]);
    guard.adopt({ state: 'closed', failures: 0 });
    expect([guard.state, guard.freeSlots()]).toEqual(['closed', 8]);
  });

  it('do not end an operator\'s isolation by what they adopt', () => {
    const guard = guardOf();
    guard.isolate('maintenance');
    guard.adopt({ state: 'open', reason: 'elsewhere', until: inMs(100), failures: 0 });
    guard.adopt({ state: 'closed', failures: 0 });
    expect(guard.state).toBe('isolated');
  });

  it('ask before each probe, and never before other calls', async () => {
    const guard = guardOf();
    const port = vi.fn(() => Promise.resolve(undefined));
    guard.admitProbesBy(port);
    await outcome(guard, succeeds);
    await fail(guard, 6);
    expect(port).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_200);
    expect(await outcome(guard, succeeds)).toBe('ok');
    await outcome(guard, succeeds);
    expect(port).toHaveBeenCalledTimes(1);
  });

  it('make no call while another replica tests, and ask again when it should have ended', async () => {
    const guard = guardOf();
    let answer: Date | undefined = inMs(5_000);
    guard.admitProbesBy(() => Promise.resolve(answer));
    await fail(guard);
    await vi.advanceTimersByTimeAsync(1_200);
    const action = vi.fn(succeeds);
    expect(await outcome(guard, action)).toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect([guard.state, guard.freeSlots(), guard.availableAt(), action.mock.calls.length]).toEqual(['half-open', 0, answer, 0]);
    answer = undefined;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await outcome(guard, action)).toBe('ok');
  });

  it('let one call ask, and follow what they hear meanwhile', async () => {
    const guard = guardOf();
    let answer!: (until: Date | undefined) => void;
    guard.admitProbesBy(() => new Promise((resolve) => (answer = resolve)));
    await fail(guard);
    await vi.advanceTimersByTimeAsync(1_200);
    const probe = outcome(guard, succeeds);
    expect([guard.freeSlots(), await outcome(guard, succeeds)]).toEqual([0, expect.objectContaining({ code: 'CIRCUIT_OPEN' })]);
    guard.isolate('maintenance');
    answer(undefined);
    expect(await probe).toMatchObject({ code: 'ISOLATED' });
  });

  it('probe on their own when there is nobody to ask', async () => {
    const guard = guardOf();
    guard.admitProbesBy(() => Promise.reject(new Error('the database is away')));
    await fail(guard);
    await vi.advanceTimersByTimeAsync(1_200);
    expect(await outcome(guard, succeeds)).toBe('ok');
    expect(guard.state).toBe('closed');
  });

  it('say that it is urgent when somebody asks for a test of credentials before its time', async () => {
    const guard = guardOf({ parkedProbeMs: 60_000 });
    const port = vi.fn<ProbePort>(() => Promise.resolve(undefined));
    guard.admitProbesBy(port);
    await outcome(guard, refused);
    guard.probeNow();
    await outcome(guard, refused);
    await vi.advanceTimersByTimeAsync(120_000);
    await outcome(guard, succeeds);
    expect(port.mock.calls).toEqual([[true], [false]]);
  });
});
