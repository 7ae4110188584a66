import { CONSENT_EVENT_TYPES, consentOf, type PosthornEvent, purposesLacking } from '@posthorn/contracts';
import { z } from 'zod';
import { type DeliveryFailure } from '../settlement.decision.js';

const purposes = z.array(z.string().min(1).max(100)).min(1).max(50);

/** `purposes` of a connection: what people must have agreed to before it is told of them, for every type or by type. */
export const requiredPurposes = z.union([purposes, z.partialRecord(z.enum(CONSENT_EVENT_TYPES), purposes)], {
  error: 'must be a list of purposes, or such a list by event type, of types that take nothing back',
});

export type RequiredPurposes = z.infer<typeof requiredPurposes>;

const ASKABLE: ReadonlySet<string> = new Set(CONSENT_EVENT_TYPES);

/** Why the connection must not be told of an event. */
export function withheld(event: PosthornEvent, required: RequiredPurposes | undefined): DeliveryFailure | undefined {
  if (required === undefined || !ASKABLE.has(event.type)) return undefined;
  const asked = Array.isArray(required) ? required : ((required as Partial<Record<string, string[]>>)[event.type] ?? []);
  const lacking = purposesLacking(event, asked);
  if (lacking.length === 0) return undefined;
  const named = lacking.map((purpose) => `"${purpose}"`).join(', ');
  const message = consentOf(event) === undefined ? `The event carries no consent, and the connection needs one to ${named}.` : `The person's consent does not include ${named}.`;
  return { code: 'CONSENT', message, remedy: 'Nothing needs to be done. Once the person agrees, send an event that says so.' };
}
