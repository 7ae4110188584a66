import { z } from 'zod';
import { consentWithoutWay, extra, person, provenConsent } from '../schemas/person.schema.js';
import { key } from '../schemas/text.schema.js';

/** The same facts for subscribed, confirmed and unsubscribed. Who sends newsletters has to prove how consent was given. */
export const newsletter = z.strictObject({ person, list: key(), consent: provenConsent.optional(), extra });

const withoutWay = z.strictObject({ person, list: key(), consent: consentWithoutWay.optional() });

/** Version 1, in which nobody said how consent was given; `way` is what its type says of that. */
export const newsletterSince1 = (way: 'unstated' | 'double-opt-in') =>
  withoutWay.transform(({ consent, ...rest }): z.infer<typeof newsletter> => (consent === undefined ? rest : { ...rest, consent: { ...consent, way } }));
