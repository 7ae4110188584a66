import { MAX_DELIVERIES_LISTED } from '@posthorn/contracts';
import { z } from 'zod';
import { selection } from '../asking/question.reader.js';

const DEFAULT_LIMIT = 50;

const { states, ids, ...plain } = selection;
const listOf = <T extends z.ZodType>(schema: T, about: string) =>
  z.preprocess((text) => (typeof text === 'string' ? text.split(',') : text), schema).optional().meta({ type: 'string', description: `${about}, separated by commas` });

export const deliveriesQuery = z.strictObject({
  ...plain,
  state: listOf(states.unwrap(), 'One state or several'),
  id: listOf(ids.unwrap(), 'Certain deliveries'),
  limit: z.string().regex(/^\d{1,4}$/, `must be a number from 1 to ${MAX_DELIVERIES_LISTED}`).transform(Number)
    .pipe(z.int().min(1).max(MAX_DELIVERIES_LISTED)).default(DEFAULT_LIMIT).describe(`Of a page: ${DEFAULT_LIMIT}, at most ${MAX_DELIVERIES_LISTED}`),
  cursor: z.string().max(1_000).optional().describe('The "next" of the page before'),
});
