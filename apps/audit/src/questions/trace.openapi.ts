import { OUTCOME_STATES } from '@posthorn/contracts';
import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { entryView, SHOWN_ID } from './entries.openapi.js';

const delivery = z.object({
  type: z.string().describe("The outcome's type, such as crm.contact.synced."),
  updatedAt: z.string(),
  service: z.string(),
  connection: z.string(),
  provider: z.string().optional(),
  action: z.string().optional(),
  deliveryId: z.string().optional(),
  event: z.object({ id: z.string(), type: z.string() }).optional(),
  events: z.array(z.string()).optional(),
  state: z.enum(OUTCOME_STATES),
  attempts: z.int().optional(),
  externalId: z.string().optional(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
  nextAttemptAt: z.string().optional(),
});

const trace = z.object({
  eventId: z.string(),
  steps: z.array(entryView).describe('The event, every outcome about it, the events it led to and theirs; causes before effects.'),
  deliveries: z.array(delivery).describe("The newest outcome of each piece of work, with attempts and the provider's own id."),
  related: z.array(entryView).describe('Other events of the same correlation.'),
  truncated: z.boolean().describe('There were more than 2,000 steps.'),
});

export const TRACE: Operation = {
  tag: 'Questions',
  summary: 'The whole way of one event',
  path: { eventId: { about: 'The id of the event.', schema: { type: 'string', format: 'uuid' } } },
  answers: { 200: { about: "From the acceptance over HTTP to the providers' own ids.", content: { 'application/json': trace } } },
  problems: { 400: ['query-invalid'], 404: ['event-unknown'] },
  examples: [
    { title: 'Of an event that was accepted', path: { eventId: SHOWN_ID }, status: 200 },
    { title: 'Of one that the log does not have', path: { eventId: '01a20411-0000-7000-8000-000000000000' }, status: 404 },
    { title: 'Of what is no id', path: { eventId: '4711' }, status: 400 },
  ],
};
