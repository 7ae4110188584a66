import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { PERSON_PROBLEMS } from '../questions/people.openapi.js';
import { personSearch } from '../questions/people.search.js';
import type { ExportedEvent } from './person.export.js';
import { personExportQuery } from './person.export.query.js';

const became = z.object({
  service: z.string(),
  connection: z.string(),
  provider: z.string().optional(),
  action: z.string().optional(),
  state: z.string(),
  at: z.string(),
  externalId: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
});
const event = z.object({
  id: z.string(), type: z.string(), acceptedAt: z.string(), position: z.int(), proof: z.string(),
  personalData: z.enum(['none', 'shown', 'masked', 'erased']),
  data: z.unknown(),
  became: z.array(became),
}) satisfies z.ZodType<Partial<Record<keyof ExportedEvent, unknown>>>;
const exported = z.object({
  log: z.string(),
  exportedAt: z.string(),
  person: z.object({ site: z.string(), email: z.string(), pseudonym: z.string(), since: z.string() }),
  events: z.array(event),
  count: z.int().describe('Comes last: without it the answer broke off.'),
});

export const EXPORT_PERSON: Operation = {
  tag: 'People',
  summary: 'Everything the log has about a person',
  about: 'Streamed, in the order of the log. Needs a key with "personalData" and "export" at the site. With format=html, or Accept: text/html, it is a page that loads and runs nothing.',
  query: personExportQuery,
  body: { 'application/json': personSearch },
  answers: { 200: { about: 'For the person.', content: { 'application/json': exported, 'text/html': { type: 'string' } }, headers: { 'content-disposition': 'The name of a file, without the person\'s.' } } },
  problems: { ...PERSON_PROBLEMS, 403: [...PERSON_PROBLEMS[403], 'export-not-granted'], 429: ['exports-busy'] },
  examples: [
    { title: 'As JSON', body: { site: 'acme', email: 'ada@example.com' }, status: 200 },
    { title: 'As a page', query: { format: 'html' }, body: { site: 'acme', email: 'ada@example.com' }, status: 200 },
    { title: 'Of somebody nobody has heard of', body: { site: 'acme', email: 'nobody@example.com' }, status: 404 },
  ],
};
