import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { erasureOrder } from './erasure.order.js';
import type { Erasure } from './erasure.service.js';

const erasure = z.object({
  id: z.uuid(),
  requests: z.array(z.uuid()).describe('The events that say so, of at most 1,000 erased events each.'),
  events: z.int().describe('How many have no personal value any more.'),
}) satisfies z.ZodType<Erasure>;
const confirmation = z.object({ id: z.uuid().describe('Of the privacy.confirmation_requested event.') });

export const ERASE_PERSON: Operation = {
  tag: 'Privacy',
  summary: 'Has a person forgotten, everywhere',
  about: 'Needs the scope privacy:erase. With "confirm", and the scope events:write, the address is asked first, by mail, and the answer is the same whether or not anything is known of it.',
  headers: { traceparent: { about: 'Carried on.', schema: { type: 'string' } } },
  body: { 'application/json': erasureOrder },
  answers: { 202: { about: 'It is erased from the ledger; everything else follows by itself.', content: { 'application/json': z.union([erasure, confirmation]) } } },
  problems: { 422: ['validation-failed'], 503: ['people-not-indexed'] },
  examples: [
    { title: 'Ordered by the site', body: { email: 'grace@example.com' }, status: 202, answer: { id: '01a2041c-17c5-7d0b-a5a5-0c8f6f6f6a41', requests: ['01a2041c-17c5-7d0b-a5a5-0c8f6f6f6a41'], events: 3 } },
    { title: 'What is no address', body: { email: 'grace' }, status: 422 },
  ],
};
