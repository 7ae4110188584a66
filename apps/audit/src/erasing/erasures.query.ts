import { ERASURE_CAUSES } from '@posthorn/contracts';
import { z } from 'zod';
import { FILTER, PAGE, questionOf } from '../questions/entries.query.js';
import { badParameter } from '../questions/bad.question.js';

export const erasuresQuery = z.strictObject({
  site: FILTER.site,
  state: z.enum(['open', 'certified'], 'must be open or certified').optional(),
  cause: z.enum(ERASURE_CAUSES, `must be one of ${ERASURE_CAUSES.join(', ')}`).optional(),
  ...PAGE,
});
export type ErasuresQuery = z.infer<typeof erasuresQuery>;

export const CORRELATION = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** The question of a URL; a Problem (400) that names every mistake. */
export function erasuresQueryOf(parameters: unknown): ErasuresQuery {
  return questionOf(erasuresQuery, parameters);
}

/** The id in a path; a Problem (400) when it can be none. */
export function erasureIdOf(text: string): string {
  if (!CORRELATION.test(text)) throw badParameter('id', 'must be the id of an erasure: of a request, or the correlation id of several');
  return text;
}
