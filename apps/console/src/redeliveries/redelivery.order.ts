import { MAX_REDELIVERIES_PER_SECOND } from '@posthorn/contracts';
import { z } from 'zod';
import { selection } from '../asking/question.reader.js';

const DEFAULT_PER_SECOND = 20;

export const redeliveryOrder = z
  .strictObject({
    ...selection,
    preview: z.boolean().default(false).describe('Only counts.'),
    perSecond: z.int().min(1).max(MAX_REDELIVERIES_PER_SECOND).default(DEFAULT_PER_SECOND),
  })
  .refine((given) => Object.keys(given).some((name) => name in selection), {
    error: 'names no criterion: say at least a service, a site, a connection or ids',
    params: { rule: 'criterion' },
  });
