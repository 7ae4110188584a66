import { z } from 'zod';
import { personal } from '../personal/personal.mark.js';
import { openFields } from './open.schema.js';
import { line } from './text.schema.js';
import { instant } from './time.schema.js';

/** BCP 47, as far as a template needs it. */
const locale = z.string().max(35).regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as de-AT');

export const email = z.email('must be an e-mail address').max(254);

/** Whom the event is about. Every field is personal. */
export const person = z.strictObject({
  email: personal(email),
  name: personal(line(200)).optional(),
  phone: personal(line(50)).optional(),
  company: personal(line(200)).optional(),
  locale: personal(locale).optional(),
});

const statedConsent = z.strictObject({
  purposes: z.array(line(100, 1)).max(50),
  wordingVersion: line(100, 1),
  time: instant,
});

/** One word, so that nobody's words end up in it: `form`, `double-opt-in`, `import`, `phone`, `paper`, … */
const way = z.string().max(50).regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'must be one lower-case word such as form or double-opt-in');

/** What a person agreed to, in which wording, when, and how they said so. */
export const consent = statedConsent.extend({ way: way.optional() });

/** The same where the law asks for a proof. */
export const provenConsent = statedConsent.extend({ way });

/** As it was before anybody asked for the way. */
export const consentWithoutWay = statedConsent;

/** What a site adds to a type: its configuration says what. Nobody else knows what it is, so all of it is personal. */
export const extra = personal(openFields).optional();

export type Person = z.infer<typeof person>;
export type Consent = z.infer<typeof consent>;
