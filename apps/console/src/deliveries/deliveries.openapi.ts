import { listedDelivery } from '@posthorn/contracts';
import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { unanswered, UNANSWERED_PROBLEMS } from '../asking/unanswered.openapi.js';
import type { DeliveriesPage } from './deliveries.controller.js';
import { deliveriesQuery } from './deliveries.query.js';

const page = z.object({
  deliveries: z.array(listedDelivery.extend({ service: z.string() })),
  next: z.string().nullable().describe('The cursor of the next page; null on the last one.'),
  unanswered,
}) satisfies z.ZodType<DeliveriesPage>;

export const LIST_DELIVERIES: Operation = {
  tag: 'Deliveries',
  summary: 'Deliveries of all services, the newest event first',
  about: 'No personal data is shown. A question that would take a service longer than 3 seconds is refused: name a state, or a shorter time.',
  query: deliveriesQuery,
  answers: { 200: { about: 'A page of deliveries.', content: { 'application/json': page } } },
  problems: { 400: ['query-invalid'], ...UNANSWERED_PROBLEMS },
  examples: [
    {
      title: 'What is dead or held at a connection',
      query: { state: 'dead,held', connection: 'acme-hubspot' },
      status: 200,
      answer: { deliveries: [{ id: '01a20411-bb52-7584-acea-c9154f74b8bd', eventId: '01a20411-bb52-7584-acea-c9154f74b8bc', connection: 'acme-hubspot', action: 'sync-lead', site: 'acme', type: 'lead.submitted', state: 'dead', attempts: 3, updatedAt: '2026-11-22T16:23:21.002Z', service: 'crm-sync' }], next: null, unanswered: [] },
    },
    { title: 'A state that there is not', query: { state: 'lost' }, status: 400 },
  ],
};
