import { ERASURE_CAUSES } from '@posthorn/contracts';
import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { SHOWN_ID } from '../questions/entries.openapi.js';
import type { Certificate } from './certificate.js';
import type { ErasuresPage } from './erasures.controller.js';
import { CORRELATION, erasuresQuery } from './erasures.query.js';

const TAG = 'Erasures';
const time = z.string();
const state = z.enum(['open', 'certified']);
const cause = z.enum(ERASURE_CAUSES);

const evidence = z.object({ id: z.string(), position: z.int(), proof: z.string().describe('Where its proof is.') });
const connection = z.object({
  connection: z.string(),
  provider: z.string().optional(),
  type: z.string(),
  state: z.string(),
  at: time,
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
  entry: evidence,
});
const place = z.object({
  place: z.string(),
  state: z.enum(['erased', 'open']),
  at: time.optional(),
  facts: z.record(z.string(), z.unknown()).optional(),
  entry: evidence.optional(),
  lastHeardOf: time.optional(),
  connections: z.array(connection),
});
const request = z.object({ id: z.string(), state, requestedAt: time, events: z.record(z.string(), z.number()), entry: evidence, places: z.array(place), certified: evidence.extend({ at: time }).optional() });
const REMAINS = ['delivery-stuck', 'service-cannot-erase', 'log-values-kept', 'mails-sent', 'mails-perhaps-sent', 'uncertain', 'beyond-reach', 'left-at-providers', 'provider-backups', 'streamed', 'database-backups'] as const;
const remains = z.object({ what: z.enum(REMAINS), text: z.string(), count: z.number().optional(), places: z.array(z.string()).optional(), until: time.optional() });
const certificate = z.object({
  id: z.string(), site: z.string(), cause, state, requestedAt: time, certifiedAt: time.optional(), events: z.number(),
  requests: z.array(request),
  remains: z.array(remains).describe('What is not erased, or not by us.'),
}) satisfies z.ZodType<Certificate>;

const erasure = z.object({ id: z.string(), correlation: z.string(), site: z.string(), cause, state, requestedAt: time, certifiedAt: time.optional(), events: z.number() });
const page = z.object({ erasures: z.array(erasure), next: z.string().nullable() }) satisfies z.ZodType<ErasuresPage>;

export const LIST_ERASURES: Operation = {
  tag: TAG,
  summary: 'What was asked to be forgotten, the newest first',
  about: 'Nothing in the answer says who it was.',
  query: erasuresQuery,
  answers: { 200: { about: 'A page of erasures.', content: { 'application/json': page } } },
  problems: { 400: ['query-invalid'], 403: ['site-not-granted'] },
  examples: [{ title: 'Of a site', query: { site: 'acme' }, status: 200 }, { title: 'What is not done yet', query: { state: 'open', limit: '10' }, status: 200 }],
};

export const SHOW_CERTIFICATE: Operation = {
  tag: TAG,
  summary: 'The certificate of an erasure',
  about: 'Where it was erased, when, which entries of the log prove it, what is still open, and what remains.',
  path: { id: { about: 'Of the request, or the correlation id of several.', schema: z.string().regex(CORRELATION) } },
  answers: { 200: { about: 'It names nobody.', content: { 'application/json': certificate } } },
  problems: { 400: ['query-invalid'], 404: ['erasure-unknown'] },
  examples: [{ title: 'Of a request', path: { id: '01a2041c-17c5-7d0b-a5a5-0c8f6f6f6a41' }, status: 200 }, { title: 'Of what was never asked for', path: { id: SHOWN_ID.replace('c9154f74b8bc', '000000000000') }, status: 404 }],
};
