import { CONSENT_EVENT_TYPES, CUSTOM_TYPE } from '@posthorn/contracts';
import { z } from 'zod';

const policy = z.strictObject({
  /** To all of these the person must have agreed. */
  purposes: z.array(z.string().min(1).max(100)).min(1).max(50),
  /** What becomes of an event that lacks one. */
  missing: z.enum(['refuse', 'hold']).default('refuse'),
});

/** `consent` of a site: what its events need, by type. */
export const consentSettings = z.partialRecord(z.union([z.enum(CONSENT_EVENT_TYPES), z.string().regex(CUSTOM_TYPE)]), policy);

export type ConsentPolicy = z.infer<typeof policy>;
export type ConsentSettings = z.infer<typeof consentSettings>;
