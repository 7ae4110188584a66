import type { ContractIssue, PosthornEvent } from '@posthorn/contracts';
import type { Draft } from '../admission/draft.js';

/** Waiting for somebody to decide. `held`: valid, and suspicious. `refused`: not valid. `unmapped`: genuine, and nobody knows what it means. */
export const WAITING_STATES = ['held', 'refused', 'unmapped'] as const;
export type WaitingState = (typeof WAITING_STATES)[number];

export const DECIDED_STATES = ['released', 'replayed', 'discarded'] as const;
export type QuarantineState = WaitingState | (typeof DECIDED_STATES)[number];

interface Reasoned {
  draft: Draft;
  /** Stable, kebab-case. */
  code: string;
  /** Pointers and rules, never values. */
  reasons: readonly ContractIssue[];
}

/** A draft that is not to be lost, and not to be accepted either. */
export type Aside = Reasoned & ({ state: 'held'; event: PosthornEvent } | { state: Exclude<WaitingState, 'held'>; event?: undefined });

export type SetAside =
  /** `repeated`: it is set aside already, or was accepted or discarded before. Of a held event `id` is the id that the event has. */
  | { status: 'kept' | 'repeated'; id: string; receivedAt: Date }
  /** The idempotency key was used with another body; `id` has it. */
  | { status: 'conflict'; id: string }
  /** So much waits at the site that nothing more is kept. */
  | { status: 'full' };
