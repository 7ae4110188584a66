import { z } from 'zod';
import type { Unanswered } from './service.desk.js';

export const unanswered = z
  .array(z.object({ service: z.string(), code: z.string(), message: z.string(), remedy: z.string().optional() }) satisfies z.ZodType<Unanswered>)
  .describe('Services whose part is missing, and why.');

/** When nobody can be asked, or nobody answers. */
export const UNANSWERED_PROBLEMS = { 422: ['operation-refused'], 503: ['nats-unavailable', 'services-unreachable'] };
