import { z } from 'zod';
import { amount, money } from '../schemas/money.schema.js';
import { consent, extra, person } from '../schemas/person.schema.js';
import { key, line } from '../schemas/text.schema.js';

export const orderPaid = z.strictObject({
  orderId: key(),
  total: money,
  /** Prices are of one unit, in the currency of the total. */
  lines: z
    .array(z.strictObject({ sku: key(100).optional(), name: line(300, 1), quantity: z.number().positive().max(1_000_000), price: amount }))
    .min(1)
    .max(500),
  person,
  consent: consent.optional(),
  extra,
});
