import type { Envelope } from '@posthorn/contracts';

export interface LedgerEntry {
  envelope: Envelope<unknown>;
  /** Where it is published: `eventSubject(…)` or `outcomeSubject(…)`. */
  subject: string;
}

export interface AcceptEntry extends LedgerEntry {
  /** Unique per site; up to 255 characters. */
  idempotencyKey?: string;
  /** Tells a repetition from another body under the same key. */
  bodyHash?: Buffer;
  /** Whom it is about (`peopleOf`), for a ledger that is to find a person's events again. */
  people?: readonly string[];
}

export type Acceptance =
  | { status: 'accepted' | 'replayed'; id: string; acceptedAt: Date }
  /** The key was used with another body; `id` is the event that has it. */
  | { status: 'conflict'; id: string };

export interface LedgerRow {
  id: string;
  site: string;
  type: string;
  subject: string;
  envelope: Envelope<unknown>;
  idempotencyKey?: string;
  acceptedAt: Date;
}

export class LedgerError extends Error {
  constructor(
    readonly code: 'IDEMPOTENCY_KEY_INVALID' | 'LEDGER_INCONSISTENT',
    message: string,
  ) {
    super(message);
    this.name = 'LedgerError';
  }
}
