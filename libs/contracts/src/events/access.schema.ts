import { z } from 'zod';
import { SITE_ID, TYPE_NAME } from '../envelope/envelope.schema.js';
import { line } from '../schemas/text.schema.js';
import { instant } from '../schemas/time.schema.js';

const MANY = 100;
const keyId = line(100, 1);
const site = z.string().regex(SITE_ID, 'must be a site id');

/** What is said of every key: which one, of what kind, whose, and the key of who ordered it. Never a secret, nor its digest. */
const key = { key: keyId, kind: z.enum(['secret', 'browser', 'webhook', 'auditor', 'operator']), actor: keyId };

export const accessKeyCreated = z.strictObject({
  ...key,
  scopes: z.array(line(100, 1)).max(MANY),
  types: z.array(z.string().max(100).regex(TYPE_NAME, 'must be an event type')).max(MANY).optional(),
  origins: z.array(line(300, 1)).max(MANY).optional(),
  /** Of an auditor: which sites; without them, all. */
  sites: z.array(site).max(MANY).optional(),
  personalData: z.boolean().optional(),
  export: z.boolean().optional(),
  expiresAt: instant.optional(),
});

/** It has a new secret; the earlier ones count until then. */
export const accessKeyRotated = z.strictObject({ ...key, earlierUntil: instant });

export const accessKeyRevoked = z.strictObject({ ...key });
