import { CredentialsError, GuardRejectedError, PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { describe, expect, it } from 'vitest';
import { DELIVERY_STATES, TRANSITIONS, type TransitionName } from './delivery.states.js';
import { retryPolicy } from './retry.policy.js';
import { decide, type Decision, decideExpired, delivered, type FailedAttempt, superseded } from './settlement.decision.js';

const now = new Date('2026-11-22T12:00:00Z');
const of = (error: unknown, given: Partial<FailedAttempt> = {}): Decision =>
  decide({ error, was: 'pending', attempts: 1, firstAttemptAt: now, asking: false, unknownPolicy: 'retry', retry: retryPolicy.parse({}), now, random: 1, ...given });

describe('decide', () => {
  it('puts back what the guard refused to start, in the state it came from, without an attempt', () => {
    for (const was of ['pending', 'retrying', 'unknown'] as const) {
      expect(of(new GuardRejectedError('CIRCUIT_OPEN', 'open'), { was })).toMatchObject({ transition: 'putBack', state: was, counts: false });
    }
  });

  it('puts back what met refused credentials, without an attempt', () => {
    expect(of(new CredentialsError('TOKEN', 'no'), { was: 'retrying' })).toMatchObject({ state: 'retrying', counts: false, error: { code: 'TOKEN' } });
  });

  it('defers a retryable error and buries a permanent one', () => {
    expect(of(new RetryableError('BUSY', 'busy'))).toMatchObject({ state: 'retrying', counts: true, nextAttemptAt: new Date('2026-11-22T12:00:05Z') });
    expect(of(new PermanentError('BAD', 'bad', { remedy: 'fix' }))).toMatchObject({ state: 'dead', error: { code: 'BAD', remedy: 'fix' } });
  });

  it('buries what was tried for long enough', () => {
    expect(of(new RetryableError('BUSY', 'busy'), { attempts: 30, firstAttemptAt: new Date(0) })).toMatchObject({ transition: 'bury', state: 'dead' });
  });

  it('makes an unknown outcome unknown, or holds it where the policy says so', () => {
    expect(of(new UnknownOutcomeError('CUT', 'cut')).state).toBe('unknown');
    expect(of(new UnknownOutcomeError('CUT', 'cut'), { unknownPolicy: 'ask' }).state).toBe('unknown');
    expect(of(new UnknownOutcomeError('CUT', 'cut'), { unknownPolicy: 'hold' }).state).toBe('held');
  });

  it('treats an error of no known class as unknown, and does not repeat its words', () => {
    const decision = of(new Error('could not reach ada@example.org'));
    expect(decision.state).toBe('unknown');
    expect(JSON.stringify(decision)).not.toContain('ada');
  });

  it('stays unknown while the question itself fails', () => {
    expect(of(new RetryableError('BUSY', 'busy'), { was: 'unknown', asking: true, unknownPolicy: 'ask' }).state).toBe('unknown');
  });

  it('resolves an expired lease by the policy', () => {
    expect([decideExpired('retry').state, decideExpired('ask').state, decideExpired('hold').state]).toEqual(['unknown', 'unknown', 'held']);
  });

  it('never leaves the table of transitions', () => {
    const decisions = [
      of(new GuardRejectedError('PARKED', 'x')),
      of(new CredentialsError('A', 'a')),
      of(new RetryableError('A', 'a')),
      of(new PermanentError('A', 'a')),
      of(new UnknownOutcomeError('A', 'a')),
      of(new UnknownOutcomeError('A', 'a'), { unknownPolicy: 'hold' }),
      decideExpired('retry'),
      decideExpired('hold'),
      delivered({ externalId: 'x', outcome: 'crm.contact.synced' }),
      superseded(),
    ];
    for (const { transition, state } of decisions) expect(TRANSITIONS[transition].to).toContain(state);
  });
});

describe('TRANSITIONS', () => {
  const all = Object.values(TRANSITIONS) as readonly { from: readonly string[]; to: readonly string[] }[];

  it('reaches every state, leaves "delivered" by an erasure alone, and "erased" by nothing', () => {
    expect(DELIVERY_STATES.filter((state) => !all.some(({ to }) => to.includes(state)))).toEqual([]);
    expect(Object.entries(TRANSITIONS).filter(([, { from }]) => (from as readonly string[]).includes('delivered')).map(([name]) => name)).toEqual(['erase']);
    expect(all.filter(({ from }) => from.includes('erased'))).toEqual([]);
  });

  it('leaves the states that wait by a claim, unless there is nothing to be called for', () => {
    const waysOut = (Object.keys(TRANSITIONS) as TransitionName[]).filter((name) => (TRANSITIONS[name].from as readonly string[]).includes('pending'));
    expect(waysOut).toEqual(['claim', 'erase', 'complete']);
  });
});
