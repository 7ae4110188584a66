import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { SHOWN_ID } from '../accepting/events.openapi.js';
import { quarantineOrder, quarantineQuery } from './quarantine.query.js';
import { DECIDED_STATES, WAITING_STATES } from './set-aside.js';
import type { Step } from './quarantine.decisions.js';
import type { QuarantineDetail, QuarantineView } from './quarantine.view.js';

const TAG = 'Quarantine';
const time = z.iso.datetime();
const reason = z.object({ pointer: z.string(), rule: z.string(), message: z.string(), field: z.string().optional() });

const view = z.object({
  id: z.uuid(),
  site: z.string(),
  channel: z.enum(['api', 'form', 'webhook']),
  state: z.enum([...WAITING_STATES, ...DECIDED_STATES]),
  code: z.string(),
  reasons: z.array(reason),
  type: z.string().optional(),
  receivedAt: time,
  decidedAt: time.optional(),
  decidedBy: z.string().optional(),
  eventId: z.string().optional(),
}) satisfies z.ZodType<QuarantineView>;
const detail = view.extend({
  personalData: z.enum(['shown', 'masked', 'none']),
  key: z.string().optional().describe('It came with.'),
  draft: z.object({ envelope: z.record(z.string(), z.unknown()), raw: z.unknown().optional() }).optional(),
}) satisfies z.ZodType<QuarantineDetail>;
const step = z.object({
  action: z.enum(['release', 'replay', 'discard']),
  done: z.array(z.object({ id: z.string(), eventId: z.string().optional() })).describe('What was decided: let in, or discarded.'),
  stayed: z.array(z.object({ id: z.string(), code: z.string() })).describe('What stays, with fresh reasons.'),
  next: z.string().nullable().describe('For "cursor"; null at the end.'),
}) satisfies z.ZodType<Step>;
const preview = step.extend({ dryRun: z.literal(true), matched: z.int(), groups: z.array(z.object({ site: z.string(), state: z.string(), code: z.string(), matched: z.int() })) });

const path = { id: { about: 'The quarantineId of what was refused, or the id of a held event.', schema: { type: 'string', format: 'uuid' } } };
const UNKNOWN = '01a20411-0000-7000-8000-000000000000';

export const LIST_QUARANTINE: Operation = {
  tag: TAG,
  summary: 'What is set aside, the newest first',
  query: quarantineQuery,
  answers: { 200: { about: 'A page, without what was sent.', content: { 'application/json': z.object({ entries: z.array(view), next: z.string().nullable() }) } } },
  problems: { 400: ['query-invalid'] },
  examples: [{ title: 'What was refused at a site', query: { site: 'acme', state: 'refused' }, status: 200 }, { title: 'A misspelt filter', query: { sites: 'acme' }, status: 400 }],
};

export const SHOW_QUARANTINED: Operation = {
  tag: TAG,
  summary: 'Something that is set aside',
  about: 'Personal values are masked unless the key has the scope quarantine:personal-data.',
  path,
  answers: { 200: { about: 'It, and what was sent.', content: { 'application/json': detail } } },
  problems: { 404: ['quarantine-unknown'] },
  examples: [{ title: 'By its id', path: { id: SHOWN_ID }, status: 200 }, { title: 'What is not there', path: { id: UNKNOWN }, status: 404 }],
};

const many = (summary: string, about: string): Operation => ({
  tag: TAG,
  summary,
  about: `${about} A step decides about up to 100, and "next" is where to go on. With "dryRun" nothing happens.`,
  body: { 'application/json': quarantineOrder },
  answers: { 200: { about: 'What came of it.', content: { 'application/json': z.union([preview, step]) } } },
  problems: { 422: ['validation-failed'] },
  examples: [{ title: 'Asked first', body: { site: 'acme', code: 'validation-failed', dryRun: true }, status: 200 }, { title: 'Without any criterion', body: {}, status: 422 }],
});
export const RELEASE_ALL = many('Lets in what is held', 'What a person has looked at, and finds right.');
export const REPLAY_ALL = many('Tries again what is set aside', 'Through the same door: what is mended is accepted, and what is not stays with fresh reasons.');
export const DISCARD_ALL = many('Discards what is set aside', 'What was sent is emptied; that it was there stays.');

const one = (summary: string): Operation => ({
  tag: TAG,
  summary,
  about: 'To repeat it does no harm.',
  path,
  answers: { 200: { about: 'It is decided.', content: { 'application/json': view } } },
  problems: { 404: ['quarantine-unknown'], 409: ['quarantine-undecided'] },
  examples: [{ title: 'What is not there', path: { id: UNKNOWN }, status: 404 }],
});
export const RELEASE_ONE = one('Lets in something that is held');
export const REPLAY_ONE = one('Tries again something that is set aside');
export const DISCARD_ONE: Operation = { ...one('Discards something that is set aside'), examples: [{ title: 'What was refused', path: { id: SHOWN_ID }, status: 200 }] };
