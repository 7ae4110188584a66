import { z } from 'zod';
import { personal } from '../personal/personal.mark.js';
import { openFields } from '../schemas/open.schema.js';
import { consent, person } from '../schemas/person.schema.js';

/** The name of a type that a site has added: `custom.workshop_rated`. */
export const CUSTOM_TYPE = /^custom(?:\.[a-z][a-z0-9_-]*)+$/;

/**
 * The data of a type that a site has added. What `fields` and `facts` hold is described by the site's configuration,
 * which ingress alone has; whose they are, and what in them is personal, everybody can tell: all of `fields`, and none of
 * `facts`.
 */
export const customEvent = z.strictObject({
  person: person.optional(),
  consent: consent.optional(),
  fields: personal(openFields).optional(),
  facts: openFields.optional(),
});

export type CustomEventData = z.infer<typeof customEvent>;

export function isCustomType(type: string): boolean {
  return CUSTOM_TYPE.test(type);
}
