import { z } from 'zod';
import { instant } from '../schemas/time.schema.js';

/** Kinds of keys that count at other services than ingress, which has them all. */
export const ASKED_KEY_KINDS = ['auditor', 'operator'] as const;
export type AskedKeyKind = (typeof ASKED_KEY_KINDS)[number];

/** Where ingress is asked for the keys of a kind. One subject each: a service may know those that count with it, and no others. */
export const keysSubject = <K extends AskedKeyKind>(kind: K) => `posthorn.keys.${kind}` as const;

/** May give orders at the console. */
export const OPERATE = 'console:operate';

/** So many keys fit an answer, whatever each of them may. */
export const MAX_KEYS_ANSWERED = 100;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** `after` is the digest that the answer before this one ended with. */
export const keysQuestion = z.object({ after: digest.optional() });
export type KeysQuestion = z.infer<typeof keysQuestion>;

/** The digest of a secret, which is no secret itself, and what it grants. One key may have several. */
export const askedKey = z.object({
  id: z.string().min(1).max(100),
  sha256: digest,
  scopes: z.array(z.string()),
  sites: z.array(z.string()).optional(),
  personalData: z.boolean().optional(),
  export: z.boolean().optional(),
  expiresAt: instant.optional(),
});
export type AskedKey = z.infer<typeof askedKey>;

/** In the order of their digests. */
export const keysAnswer = z.object({ keys: z.array(askedKey), more: z.boolean() });
export type KeysAnswer = z.infer<typeof keysAnswer>;
