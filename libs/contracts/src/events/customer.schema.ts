import { z } from 'zod';
import { personal } from '../personal/personal.mark.js';
import { consent, email, extra, person } from '../schemas/person.schema.js';

export const customerUpdated = z.strictObject({ person, previousEmail: personal(email).optional(), consent: consent.optional(), extra });
