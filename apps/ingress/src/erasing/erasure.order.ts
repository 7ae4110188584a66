import { contractIssues } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { z } from 'zod';
import { mediaTypeOf, unsupportedMediaType } from '../accepting/media.type.js';

/** Looser than an event's person: what stood in a form's field can be forgotten as well. */
const order = z.strictObject({
  email: z.string().trim().max(254).regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'must be an e-mail address'),
});

export type ErasureOrderBody = z.infer<typeof order>;

/** Whom a request is about, or the problem that lists all that is wrong with it. It never quotes the address. */
export function readErasureOrder(contentType: string | undefined, body: unknown): ErasureOrderBody {
  if (mediaTypeOf(contentType) !== 'application/json') throw unsupportedMediaType('Send application/json with {email}.');
  const parsed = order.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Problem({
    status: 422,
    code: 'validation-failed',
    title: 'The request is not valid',
    detail: 'Nothing was erased.',
    errors: contractIssues(parsed.error.issues, body),
  });
}
