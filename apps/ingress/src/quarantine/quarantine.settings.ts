import { z } from 'zod';

export const QUARANTINE_SETTINGS = Symbol('QUARANTINE_SETTINGS');

/** What is set aside: for how long, and how much of it. */
export const quarantineSettings = z.strictObject({
  /** After so long, what nobody has decided about is discarded. */
  days: z.int().min(1).max(3_650).default(30),
  /** Of one site, and of each state: held, refused and unmapped. */
  maxWaiting: z.int().min(1).max(1_000_000).default(10_000),
  maxMegabytes: z.int().min(1).max(100_000).default(256),
});

export type QuarantineSettings = z.infer<typeof quarantineSettings>;
