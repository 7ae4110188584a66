import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import type { BooksAnswer } from './books.controller.js';
import { booksQuery } from './books.query.js';

const count = z.int();
const figures = { accepted: count, delivered: count, inProgress: count, held: count, dead: count, skipped: count, erased: count, missing: count };
const total = z.object({ service: z.string(), ...figures, balanced: z.boolean(), stale: z.boolean() });
const book = total.extend({
  site: z.string(),
  day: z.string(),
  differs: z.boolean().describe('It has lacked events for longer than the reconciler needs.'),
  asOf: z.string().describe('When the service last said so.'),
  closedAt: z.string().optional(),
});
const books = z.object({
  from: z.string(),
  until: z.string(),
  balanced: z.boolean().describe('Every book balances, and none is stale.'),
  totals: z.array(total),
  books: z.array(book),
}) satisfies z.ZodType<BooksAnswer>;

export const SHOW_BOOKS: Operation = {
  tag: 'Questions',
  summary: 'Whether every service has every event it should, and in which state',
  about: 'Events are counted, not deliveries: an event is what its worst delivery in a service is. accepted = the states + missing.',
  query: booksQuery,
  answers: { 200: { about: 'The books of these UTC days, at most 31; by default today.', content: { 'application/json': books } } },
  problems: { 400: ['query-invalid'], 403: ['site-not-granted'] },
  examples: [{ title: 'Of a site, today', query: { site: 'acme' }, status: 200 }, { title: 'Of more than there is room for', query: { from: '2026-01-01', until: '2026-12-31' }, status: 400 }],
};
