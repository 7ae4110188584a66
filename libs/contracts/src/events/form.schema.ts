import { z } from 'zod';
import { personal } from '../personal/personal.mark.js';
import { consent, extra, person } from '../schemas/person.schema.js';
import { key, text } from '../schemas/text.schema.js';

const value = z.union([text(20_000), z.number(), z.boolean(), z.array(text(20_000)).max(200)], {
  error: 'must be a string, a number, a boolean or a list of strings',
});

/** Any other form. Nobody knows what its fields hold, so all of them are personal. */
export const formSubmitted = z.strictObject({ form: key(), fields: personal(z.record(key(), value)), person: person.optional(), consent: consent.optional(), extra });
