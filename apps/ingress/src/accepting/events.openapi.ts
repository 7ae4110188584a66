import { previewReceiver } from '@posthorn/contracts';
import type { JsonSchema, Operation } from '@posthorn/http';
import { z } from 'zod';
import { CLOUD_EVENT, CLOUD_EVENTS, DATA_ALONE, SUBMISSION, SUBMISSIONS } from './submission.openapi.js';

/** Stands in examples for ids, and is what tests put real ones in the place of. */
export const SHOWN_ID = '01a20411-bb52-7584-acea-c9154f74b8bc';

const id = { type: 'string', format: 'uuid' };
const time = { type: 'string', format: 'date-time' };
const count = { type: 'integer', minimum: 0 };
const closed = (properties: JsonSchema, required: readonly string[]): JsonSchema => ({ type: 'object', additionalProperties: false, properties, required });
const issue = z.toJSONSchema(z.object({ pointer: z.string(), rule: z.string(), message: z.string() }));

export const ACCEPTANCE = closed({ id, acceptedAt: time }, ['id', 'acceptedAt']);

const acceptedItem = closed({ index: count, status: { const: 202 }, id, acceptedAt: time, replayed: { const: true } }, ['index', 'status', 'id', 'acceptedAt']);
const refusedItem = { allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', required: ['index'], properties: { index: count } }] };
const batch = closed({ accepted: count, refused: count, results: { type: 'array', items: { anyOf: [acceptedItem, refusedItem] } } }, ['accepted', 'refused', 'results']);

const receivers = { type: 'array', items: z.toJSONSchema(previewReceiver.omit({ eventId: true }).extend({ service: z.string() }), { unrepresentable: 'any' }) };
const rehearsal = {
  valid: { type: 'boolean' },
  decision: { enum: ['accept', 'hold', 'refuse'] },
  problem: { $ref: '#/components/schemas/Problem' },
  held: closed({ code: { type: 'string' }, reasons: { type: 'array', items: issue } }, ['code', 'reasons']),
  event: { type: 'object', description: 'As it would be published.' },
  receivers: { ...receivers, description: 'Who would receive it, and what each provider would be told.' },
};
const named = { notAnswered: { type: 'array', items: { type: 'string' }, description: 'Services that take events and did not say what they would do.' }, note: { type: 'string' } };
const dryRun = closed({ ...rehearsal, ...named }, ['valid', 'decision']);
const dryRuns = closed({ valid: count, refused: count, results: { type: 'array', items: closed({ index: count, ...rehearsal }, ['index', 'valid', 'decision']) }, ...named }, ['valid', 'refused', 'results']);

const text = (about: string) => ({ about, schema: { type: 'string' } });
const JSON_TYPE = 'application/json';
const ADA = { email: 'ada@example.com', name: 'Ada Lovelace' };

/** What the door can say of an event, by whichever way it comes. */
export const ADMISSION_PROBLEMS = { 409: ['idempotency-conflict'], 422: ['consent-missing', 'type-not-allowed', 'validation-failed'], 503: ['quarantine-full'] };

export const SUBMIT_EVENTS: Operation = {
  tag: 'Events',
  summary: 'Accepts an event, or a list of them',
  about:
    'As {type, data}, as a CloudEvent in structured, batched or binary mode, or as a JSON list of up to 1,000. Each event of a list is judged as if it had come alone, and one that is refused does not touch the others. What is refused with 422 is kept with its reasons: the answer has its quarantineId.',
  query: z.object({ dry_run: z.enum(['', 'true', 'false']).optional().describe('Only says what would become of it; needs the scope events:read.') }),
  headers: {
    'idempotency-key': { about: 'Of your own: the same key and the same body get the first answer again.', schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' } },
    traceparent: text("Carried on to the provider's call."),
    'ce-specversion': text('CloudEvents in binary mode: 1.0.'),
    'ce-type': text('In binary mode: the type.'),
    'ce-id': text("In binary mode: the sender's own id."),
    'ce-source': text('In binary mode: the source.'),
    'ce-subject': text('In binary mode: the subject.'),
    'ce-time': text('In binary mode: the time.'),
  },
  body: { [JSON_TYPE]: { anyOf: [SUBMISSION, SUBMISSIONS, DATA_ALONE] }, 'application/cloudevents+json': CLOUD_EVENT, 'application/cloudevents-batch+json': CLOUD_EVENTS },
  answers: {
    200: { about: 'With dry_run: what would become of it. Nothing was accepted.', content: { [JSON_TYPE]: { anyOf: [dryRun, dryRuns] } } },
    202: {
      about: 'It is committed; of a list, at least one event is.',
      content: { [JSON_TYPE]: { anyOf: [ACCEPTANCE, batch] } },
      headers: { location: 'Where it tells what became of it.', 'idempotent-replayed': 'true, when it had been accepted before.' },
    },
  },
  problems: { ...ADMISSION_PROBLEMS, 400: ['dry-run-malformed', 'idempotency-key-malformed'], 403: ['site-mismatch'], 422: [...ADMISSION_PROBLEMS[422], 'batch-refused'] },
  examples: [
    {
      title: 'An enquiry',
      headers: { 'Idempotency-Key': 'contact-4711' },
      body: { type: 'lead.submitted', data: { person: ADA, message: 'Do you teach evening classes?' } },
      status: 202,
      answer: { id: SHOWN_ID, acceptedAt: '2026-11-22T16:23:20.658Z' },
    },
    {
      title: 'A list, of which one is wrong',
      body: [{ type: 'lead.submitted', idempotencyKey: 'contact-1', data: { person: ADA } }, { type: 'lead.submitted', idempotencyKey: 'contact-2', data: { person: { email: 'nobody' } } }],
      status: 202,
    },
    {
      title: 'A CloudEvent',
      type: 'application/cloudevents+json',
      body: { specversion: '1.0', id: 'order-1042', source: 'https://shop.acme.example/orders', type: 'order.paid', data: { orderId: '1042', total: { amount: '89.00', currency: 'EUR' }, lines: [{ name: 'Letterpress for beginners', quantity: 1, price: '89.00' }], person: { email: ADA.email } } },
      status: 202,
    },
    {
      title: 'CloudEvents in a batch',
      type: 'application/cloudevents-batch+json',
      body: [{ specversion: '1.0', id: 'enquiry-8', source: 'https://shop.acme.example/contact', type: 'lead.submitted', data: { person: ADA } }],
      status: 202,
    },
    {
      title: 'A CloudEvent in binary mode',
      headers: { 'ce-specversion': '1.0', 'ce-type': 'lead.submitted', 'ce-id': 'enquiry-7', 'ce-source': 'https://shop.acme.example/contact' },
      body: { person: ADA },
      status: 202,
    },
    { title: 'Only asked', query: { dry_run: 'true' }, body: { type: 'lead.submitted', data: { person: ADA } }, status: 200 },
    { title: 'What is not valid', body: { type: 'lead.submitted', data: { person: { email: 'ada' } } }, status: 422 },
  ],
};
