import { z } from 'zod';

export const PROVIDERS = ['hubspot', 'smtp', 'caldav'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** How long a fault lasts (for ever unless told) and which calls it meets (all unless told). */
const reach = {
  calls: z.int().positive().optional(),
  seconds: z.number().positive().optional(),
  only: z.strictObject({ method: z.string().optional(), path: z.string().optional() }).optional(),
};

/** Where in an SMTP conversation the fault strikes; HTTP has no stages and ignores it. */
const stage = z.enum(['connect', 'auth', 'mail', 'rcpt', 'data']).optional();

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    retryAfterSeconds: z.int().nonnegative().optional(),
    message: z.string().max(500).optional(),
    stage,
    ...reach,
  }),
  z.strictObject({ kind: z.literal('latency'), ms: z.int().nonnegative().max(600_000), stage, ...reach }),
  z.strictObject({ kind: z.literal('hang'), stage, ...reach }),
  z.strictObject({ kind: z.literal('cut'), stage, ...reach }),
  z.strictObject({ kind: z.literal('garbage'), stage, ...reach }),
  z.strictObject({ kind: z.literal('cut-after'), ...reach }),
  z.strictObject({ kind: z.literal('duplicate'), ...reach }),
  z.strictObject({ kind: z.literal('rate-limit'), retryAfterSeconds: z.int().nonnegative().default(1), ...reach }),
  z.strictObject({ kind: z.literal('down'), calls: reach.calls, seconds: reach.seconds }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault['kind'];
