import { z } from 'zod';

export const retryPolicy = z.strictObject({
  /** The first wait is drawn from 0 … firstDelayMs; every further one from twice the range. */
  firstDelayMs: z.int().min(1).default(5_000),
  maxDelayMs: z.int().min(1).default(6 * 3_600_000),
  /** A delivery whose first attempt would lie further back is given up: it becomes a dead letter. */
  giveUpAfterMs: z.int().min(1).default(72 * 3_600_000),
});

export type RetryPolicy = z.infer<typeof retryPolicy>;
export type RetrySettings = z.input<typeof retryPolicy>;

export interface RetryQuestion {
  /** Attempts made so far, at least 1. */
  readonly attempts: number;
  /** Time without attempts, such as behind an open circuit, does not count: age runs from the first attempt. */
  readonly firstAttemptAt: Date;
  readonly now: Date;
  /** What the provider asked for; never undercut. */
  readonly retryAfterMs?: number;
  /** 0 … 1. */
  readonly random: number;
}

/** When to try again: exponential with full jitter. Undefined: no more. */
export function nextAttemptAt(policy: RetryPolicy, question: RetryQuestion): Date | undefined {
  const { attempts, firstAttemptAt, now, retryAfterMs = 0, random } = question;
  const range = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.min(attempts - 1, 40));
  const at = now.getTime() + Math.max(retryAfterMs, Math.round(range * random));
  return at - firstAttemptAt.getTime() > policy.giveUpAfterMs ? undefined : new Date(at);
}
