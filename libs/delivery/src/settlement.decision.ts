import { CredentialsError, GuardRejectedError, PermanentError, ProviderError, UnknownOutcomeError } from '@posthorn/resilience';
import { type UnknownPolicy } from './delivers.decorator.js';
import { type DeliveryResult } from './delivery.handler.js';
import { type ClaimableState, type DeliveryState, type SettlingTransition } from './delivery.states.js';
import { nextAttemptAt, type RetryPolicy } from './retry.policy.js';

/** How often a delivery looks whether an erasure has gone before it. */
const AFTER_ERASURE_MS = 1_000;

export interface DeliveryFailure {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

/** How one attempt ends. */
export interface Decision {
  readonly transition: SettlingTransition;
  readonly state: DeliveryState;
  /** False: the provider was not called, or not by the delivery's fault; the attempt does not count. */
  readonly counts: boolean;
  readonly nextAttemptAt?: Date;
  readonly result?: DeliveryResult;
  readonly error?: DeliveryFailure;
}

export interface FailedAttempt {
  readonly error: unknown;
  /** The state it was claimed in. */
  readonly was: ClaimableState;
  /** Including this one. */
  readonly attempts: number;
  readonly firstAttemptAt: Date;
  /** True while `find` ran: an error then says nothing about the earlier attempt. */
  readonly asking: boolean;
  readonly unknownPolicy: UnknownPolicy;
  readonly retry: RetryPolicy;
  readonly now: Date;
  readonly random: number;
}

/** What an error means for a delivery. Pure; the only place where it is decided. */
export function decide(attempt: FailedAttempt): Decision {
  const { error, was } = attempt;
  if (error instanceof GuardRejectedError) return { transition: 'putBack', state: was, counts: false };
  const failure = failureOf(error);
  if (error instanceof CredentialsError) return { transition: 'putBack', state: was, counts: false, error: failure };
  if (error instanceof PermanentError) return { transition: 'bury', state: 'dead', counts: true, error: failure };
  const unknown = attempt.asking || !(error instanceof ProviderError) || error instanceof UnknownOutcomeError;
  if (unknown && !attempt.asking && attempt.unknownPolicy === 'hold') {
    return { transition: 'hold', state: 'held', counts: true, error: failure };
  }
  const retryAfterMs = error instanceof ProviderError ? error.retryAfterMs : undefined;
  const at = nextAttemptAt(attempt.retry, { ...attempt, retryAfterMs });
  if (at === undefined) return { transition: 'bury', state: 'dead', counts: true, error: failure };
  return unknown
    ? { transition: 'lose', state: 'unknown', counts: true, nextAttemptAt: at, error: failure }
    : { transition: 'defer', state: 'retrying', counts: true, nextAttemptAt: at, error: failure };
}

/** The process that made the attempt is gone; nobody knows whether its call took effect. */
export function decideExpired(policy: UnknownPolicy): Decision {
  const error = { code: 'LEASE_EXPIRED', message: 'The attempt was never settled: its process ended during the call. Whether it took effect is unknown.' };
  return policy === 'hold'
    ? { transition: 'hold', state: 'held', counts: true, error }
    : { transition: 'lose', state: 'unknown', counts: true, error };
}

export const delivered = (result: DeliveryResult): Decision => ({ transition: 'deliver', state: 'delivered', counts: true, result });

export const skipped = (error: DeliveryFailure): Decision => ({ transition: 'skip', state: 'skipped', counts: false, error });

export const superseded = (): Decision =>
  skipped({ code: 'SUPERSEDED', message: 'A newer event of the same ordering key was delivered before this one arrived.' });

/** Somebody it is about is to be erased at the provider first: what it brings would be erased with the rest. */
export const afterErasure = ({ was, now }: Pick<FailedAttempt, 'was' | 'now'>): Decision => ({
  transition: 'putBack',
  state: was,
  counts: false,
  nextAttemptAt: new Date(now.getTime() + AFTER_ERASURE_MS),
});

export function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof ProviderError) return { code: error.code, message: error.message, remedy: error.remedy };
  // The message of an unclassified error may quote the person.
  return { code: 'UNCLASSIFIED', message: `The handler failed with ${error instanceof Error ? error.name : typeof error}.` };
}
