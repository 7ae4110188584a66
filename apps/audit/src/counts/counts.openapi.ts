import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import type { CountsAnswer } from './counts.controller.js';
import { countsQuery } from './counts.query.js';

const counts = z.object({
  by: z.enum(['day', 'hour']),
  from: z.string(),
  to: z.string(),
  position: z.int().min(0).describe('Entries up to this position are counted.'),
  counts: z.array(z.object({ at: z.string(), of: z.string().nullable().optional(), entries: z.int().min(1) })).describe('What is zero is left out.'),
}) satisfies z.ZodType<CountsAnswer>;

export const COUNT_ENTRIES: Operation = {
  tag: 'Questions',
  summary: 'How many entries over time, for charts',
  about: 'At most 400 days or hours, widened to whole ones in UTC; without "from", 30.',
  query: countsQuery,
  answers: { 200: { about: 'Numbers only.', content: { 'application/json': counts } } },
  problems: { 400: ['query-invalid'], 403: ['site-not-granted'] },
  examples: [{ title: 'What became of deliveries, by day', query: { by: 'day', group: 'outcome', kind: 'outcome' }, status: 200, answer: { by: 'day', from: '2026-11-01T00:00:00.000Z', to: '2026-11-23T00:00:00.000Z', position: 184233, counts: [{ at: '2026-11-22T00:00:00.000Z', of: 'delivered', entries: 1204 }] } }],
};
