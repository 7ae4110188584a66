import type { Remaining } from './checker/database.witness.js';

/** Several times what a service delivers in a second on two cores. */
const DONE_A_SECOND = 2_000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * How long nobody need ask again: before that not all can be done. To count 100,000 open deliveries takes Postgres a
 * tenth of a second, which is taken from those who are to deliver them.
 */
export function pauseBeforeAsking(remaining: Remaining | undefined): number {
  if (remaining === undefined) return 0;
  const left = Math.max(remaining.unrelayed, ...Object.values(remaining.open));
  return left < DONE_A_SECOND ? 0 : Math.min(LONGEST_PAUSE_MS, (left / DONE_A_SECOND) * 1_000);
}
