import { z } from 'zod';
import { personal } from '../personal/personal.mark.js';
import { consent, extra, person } from '../schemas/person.schema.js';
import { key, line, text } from '../schemas/text.schema.js';

export const leadSubmitted = z.strictObject({
  person,
  message: personal(text(20_000)).optional(),
  form: key().optional(),
  // Personal, because the query of an address may name a person.
  page: personal(line(2_048)).optional(),
  consent: consent.optional(),
  campaign: z.strictObject({ source: line(200).optional(), medium: line(200).optional(), name: line(200).optional() }).optional(),
  extra,
});
