import { SITE_ID } from '@posthorn/contracts';
import { z } from 'zod';
import { badQuestion } from './bad.question.js';

export const personSearch = z.strictObject({
  site: z.string('must be given').regex(SITE_ID, 'must be a site id'),
  email: z.email('must be an e-mail address').max(254),
});

/** Who is looked for; a Problem (400) that names every mistake. */
export function searchOf(body: unknown): z.infer<typeof personSearch> {
  const parsed = personSearch.safeParse(body);
  if (!parsed.success) throw badQuestion(parsed.error.issues, Object.keys(personSearch.shape));
  return parsed.data;
}
