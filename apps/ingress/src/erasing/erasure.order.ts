import { type ContractIssue, contractIssues } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { z } from 'zod';
import { mediaTypeOf, unsupportedMediaType } from '../accepting/media.type.js';

export const erasureOrder = z.strictObject({
  /** Looser than an event's person: what stood in a form's field can be forgotten as well. */
  email: z.string().trim().max(254).regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'must be an e-mail address'),
  /** Asks at the address first. */
  confirm: z.boolean().default(false),
  /** For that mail. */
  locale: z.string().optional(),
});

/** Whom a request is about, or the problem that lists all that is wrong with it. It never quotes the address. */
export function readErasureOrder(contentType: string | undefined, body: unknown): z.infer<typeof erasureOrder> {
  if (mediaTypeOf(contentType) !== 'application/json') throw unsupportedMediaType('Send application/json with {email}.');
  const parsed = erasureOrder.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidOrder(contractIssues(parsed.error.issues, body));
}

export function invalidOrder(errors: ContractIssue[]): Problem {
  return new Problem({ status: 422, code: 'validation-failed', title: 'The request is not valid', detail: 'Nothing was erased, and nobody was asked.', errors });
}
