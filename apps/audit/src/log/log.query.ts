import { z } from 'zod';
import { questionOf } from '../questions/entries.query.js';

const MAX_LIMIT = 500;
const WHOLE = /^(?:0|[1-9]\d{0,14})$/;

const whole = z.string().regex(WHOLE, 'must be a whole number, 0 or more').transform(Number);
const limit = z
  .string()
  .regex(/^\d{1,4}$/, `must be a number from 1 to ${MAX_LIMIT}`)
  .transform(Number)
  .pipe(z.int().min(1, `must be a number from 1 to ${MAX_LIMIT}`).max(MAX_LIMIT, `must be a number from 1 to ${MAX_LIMIT}`))
  .default(100);

export const consistencyQuery = z.strictObject({ from: whole, to: whole.optional() });
export const checkpointsQuery = z.strictObject({ limit, before: whole.optional() });

/** The question of a URL; a Problem (400) that names every mistake. */
export const consistencyQueryOf = (parameters: unknown): z.infer<typeof consistencyQuery> => questionOf(consistencyQuery, parameters);
export const checkpointsQueryOf = (parameters: unknown): z.infer<typeof checkpointsQuery> => questionOf(checkpointsQuery, parameters);
