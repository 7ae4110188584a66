import { z } from 'zod';
import { UUID_V7 } from '../envelope/identifier.js';
import { line } from '../schemas/text.schema.js';

/** So many fit one event; more make several. */
export const QUARANTINE_ENTRIES_MAX = 1_000;

/** `person`: an operator decided. `age`: nobody did in time. `erasure`: it is about somebody who is to be forgotten. */
export const DISCARD_CAUSES = ['person', 'age', 'erasure'] as const;
export type DiscardCause = (typeof DISCARD_CAUSES)[number];

const id = z.string().regex(UUID_V7, 'must be a lower-case UUIDv7');
/** What was set aside, and why: never what it said. */
const entry = { id, state: z.enum(['held', 'refused', 'unmapped']), code: line(100, 1) };
const actor = line(100, 1);

/** Let in by an operator's key; `event` is what it is in the ledger. */
export const quarantineReleased = z.strictObject({
  actor,
  entries: z.array(z.strictObject({ ...entry, event: id })).min(1).max(QUARANTINE_ENTRIES_MAX),
});

/** Emptied, and never let in. Only a person has an `actor`. */
export const quarantineDiscarded = z.strictObject({
  cause: z.enum(DISCARD_CAUSES),
  actor: actor.optional(),
  entries: z.array(z.strictObject(entry)).min(1).max(QUARANTINE_ENTRIES_MAX),
});
