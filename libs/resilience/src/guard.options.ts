import { z } from 'zod';

export const guardOptions = z.strictObject({
  /** Calls that may run at the same time. A call counts until it really ends, also past its deadline. */
  concurrency: z.int().min(1).max(1000).default(8),
  /** Calls started per second; without it the rate is limited only by the provider's `Retry-After`. */
  ratePerSecond: z.number().positive().optional(),
  /** Calls that may start at once after a quiet time. Default: one second's worth. */
  burst: z.int().min(1).optional(),
  /** After this long a call's signal is aborted and its outcome is unknown. */
  deadlineMs: z.int().min(10).max(600_000).default(10_000),
  /** Calls within the window before any rate is judged; without it a single failure would open the circuit. */
  volumeThreshold: z.int().min(1).default(5),
  /** The circuit opens when at least this share of the window's calls failed. */
  errorRate: z.number().gt(0).max(1).default(0.5),
  windowMs: z.int().min(100).default(10_000),
  /** A call that succeeds but takes longer is slow. Default: no slow-call rule. */
  slowCallMs: z.int().min(1).optional(),
  /** The circuit opens when at least this share of the window's calls was slow. Default, with `slowCallMs`: 0.8. */
  slowCallRate: z.number().gt(0).max(1).optional(),
  /** How long the circuit stays open the first time; it doubles with every probe that fails, plus up to 20 % jitter. */
  openMs: z.int().min(10).default(5_000),
  maxOpenMs: z.int().min(10).default(60_000),
  /** After this long one call tests whether refused credentials are accepted again; it doubles with every refusal. */
  parkedProbeMs: z.int().min(10).default(5_000),
  maxParkedProbeMs: z.int().min(10).default(300_000),
  /** Where the provider can be asked: how often the credentials of a connection without other calls are checked. */
  credentialsCheckMs: z.int().min(1_000).default(900_000),
});

export type GuardOptions = z.infer<typeof guardOptions>;
/** What a person writes: everything has a default. */
export type GuardSettings = z.input<typeof guardOptions>;
