import { redeliveryReport, redeliveryShare } from '@posthorn/contracts';
import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { unanswered, UNANSWERED_PROBLEMS } from '../asking/unanswered.openapi.js';
import type { PreviewView, RedeliveryView } from './redeliveries.controller.js';
import { redeliveryOrder } from './redelivery.order.js';

const TAG = 'Redeliveries';
const ID = '01a20412-0b1c-7b0e-8d53-2f0f7e1c9a66';

const share = redeliveryShare.extend({ service: z.string() });
const preview = z.object({ preview: z.literal(true), matched: z.int(), connections: z.array(share.pick({ service: true, connection: true, site: true, matched: true })), unanswered }) satisfies z.ZodType<PreviewView>;
const redelivery = redeliveryReport.extend({ connections: z.array(share), unanswered }) satisfies z.ZodType<RedeliveryView>;
const how = { 200: { about: 'How it stands, at all services together.', content: { 'application/json': redelivery } } };

const path = { id: { about: 'The id of the redelivery.', schema: redeliveryReport.shape.id } };
const problems = { 400: ['query-invalid'], 404: ['redelivery-unknown'], ...UNANSWERED_PROBLEMS };

export const REDELIVER: Operation = {
  tag: TAG,
  summary: 'Sends again what is dead or held',
  about: 'And what was skipped, if "states" says so. At least one criterion is needed. With "preview" it is counted, and nothing changes; without, it runs in the background, the oldest event first, and no service\'s restart ends it.',
  body: { 'application/json': redeliveryOrder },
  answers: {
    200: { about: 'With "preview": how many there are.', content: { 'application/json': preview } },
    202: { about: 'It has begun.', content: { 'application/json': redelivery }, headers: { location: 'Where it tells how far it is.' } },
  },
  problems: { ...UNANSWERED_PROBLEMS, 422: ['operation-refused', 'validation-failed'] },
  examples: [
    { title: 'Counted first', body: { connection: 'acme-hubspot', errorCode: 'CRM_REFUSED', preview: true }, status: 200, answer: { preview: true, matched: 2, connections: [{ service: 'crm-sync', connection: 'acme-hubspot', site: 'acme', matched: 2 }], unanswered: [] } },
    { title: 'Then sent', body: { connection: 'acme-hubspot', errorCode: 'CRM_REFUSED' }, status: 202 },
    { title: 'Without any criterion', body: {}, status: 422 },
  ],
};

export const SHOW_REDELIVERY: Operation = {
  tag: TAG,
  summary: 'How far a redelivery is',
  path,
  answers: how,
  problems,
  examples: [{ title: 'While it runs', path: { id: ID }, status: 200 }, { title: 'Of one that nobody knows', path: { id: '01a20411-0000-7000-8000-000000000000' }, status: 404 }],
};

export const STOP_REDELIVERY: Operation = {
  tag: TAG,
  summary: 'Stops a redelivery',
  about: 'What was sent stays sent; what was not, stays what it is.',
  path,
  answers: how,
  problems,
  examples: [{ title: 'While it runs', path: { id: ID }, status: 200 }],
};
