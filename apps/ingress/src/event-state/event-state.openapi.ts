import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { SHOWN_ID } from '../accepting/events.openapi.js';
import { type EventState, serviceState } from './event-state.service.js';

const state = z.object({
  id: z.uuid(),
  type: z.string(),
  site: z.string(),
  acceptedAt: z.iso.datetime(),
  erased: z.literal(true).optional().describe('Its personal values have been erased.'),
  setAside: z.enum(['held', 'discarded']).optional().describe('It waits for a decision, or was decided against.'),
  servicesReachable: z.boolean().describe('False when no service answered; the event is safe all the same.'),
  services: z.array(serviceState),
  note: z.string().optional(),
}) satisfies z.ZodType<EventState>;

export const SHOW_EVENT: Operation = {
  tag: 'Events',
  summary: 'What became of an event',
  about: 'Each service answers for itself, within half a second. One that is missing did not answer in time: ask again.',
  path: { id: { about: 'The id that it was accepted with.', schema: { type: 'string', format: 'uuid' } } },
  answers: { 200: { about: 'What every service says.', content: { 'application/json': state } } },
  problems: { 404: ['event-unknown'] },
  examples: [
    { title: 'Of an event of the site', path: { id: SHOWN_ID }, status: 200 },
    { title: 'Of one that nobody knows', path: { id: '01a20411-0000-7000-8000-000000000000' }, status: 404 },
  ],
};
