import { z } from 'zod';
import { consent, person } from '../schemas/person.schema.js';
import { key } from '../schemas/text.schema.js';

/** The same facts for subscribed, confirmed and unsubscribed. */
export const newsletter = z.strictObject({ person, list: key(), consent: consent.optional() });
