import { z } from 'zod';
import { personal } from '../personal/personal.mark.js';
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

/** What a person agreed to, in which wording, when: the proof of consent. */
export const consent = z.strictObject({
  purposes: z.array(line(100, 1)).max(50),
  wordingVersion: line(100, 1),
  time: instant,
});

export type Person = z.infer<typeof person>;
export type Consent = z.infer<typeof consent>;
