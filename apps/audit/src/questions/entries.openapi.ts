import { EXAMPLES } from '@posthorn/contracts';
import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import type { EntriesPage } from './entries.controller.js';
import { entriesQuery } from './entries.query.js';
import type { EntryView } from './entry.view.js';

/** Stands in examples for ids, and is what tests put real ones in the place of. */
export const SHOWN_ID = '01a20411-bb52-7584-acea-c9154f74b8bc';
const time = z.iso.datetime();

const view = z.object({
  position: z.int().min(1),
  kind: z.enum(['event', 'outcome', 'operation', 'access']),
  acceptedAt: time,
  recordedAt: time,
  eventId: z.string().optional().describe('The event it is, or is about.'),
  service: z.string().optional(),
  connection: z.string().optional(),
  outcome: z.string().optional(),
  actor: z.string().optional(),
  person: z.string().optional().describe('The pseudonym of the person it is about.'),
  personalData: z.enum(['none', 'shown', 'masked', 'erased']).describe('Whether personal values stand in the data, or masks in their places; what is erased nobody can read any more.'),
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  subject: z.string().optional(),
  time: z.string(),
  datacontenttype: z.literal('application/json'),
  dataschema: z.string(),
  site: z.string().optional(),
  traceparent: z.string().optional(),
  correlationid: z.string(),
  causationid: z.string().optional(),
  erased: z.literal(true).optional(),
  data: z.unknown(),
});
/** An entry as an auditor sees it. */
export const entryView: z.ZodType<Partial<EntryView>> = view;

const page = z.object({
  entries: z.array(view),
  next: z.string().nullable().describe('The cursor of the next page; null on the last one. A page of a text can be short, or empty, and not the last.'),
}) satisfies z.ZodType<Omit<EntriesPage, 'entries'>>;

export const LIST_ENTRIES: Operation = {
  tag: 'Questions',
  summary: 'The log, the newest entry first',
  about: 'An unknown parameter is refused: a misspelt filter must not pass for a complete answer. A key without "personalData" sees [personal] where a personal value stands.',
  query: entriesQuery,
  answers: { 200: { about: 'A page of entries.', content: { 'application/json': page } } },
  problems: { 400: ['query-invalid'], 403: ['site-not-granted'] },
  examples: [
    {
      title: 'The newest lead of a site',
      query: { site: 'acme', type: 'lead.submitted', limit: '1' },
      status: 200,
      answer: {
        entries: [
          {
            position: 1, kind: 'event', eventId: SHOWN_ID, acceptedAt: '2026-11-22T16:23:20.658Z', recordedAt: '2026-11-22T16:23:20.788Z', personalData: 'shown',
            specversion: '1.0', id: SHOWN_ID, source: '/sites/acme', type: 'lead.submitted', time: '2026-11-22T16:23:20.658Z', site: 'acme', correlationid: SHOWN_ID, data: { person: { email: EXAMPLES['lead.submitted'].person.email } },
          },
        ],
        next: null,
      },
    },
    { title: 'Everything about an event', query: { event: SHOWN_ID }, status: 200 },
    { title: 'A misspelt filter', query: { sites: 'acme' }, status: 400 },
  ],
};
