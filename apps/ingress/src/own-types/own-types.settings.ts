import { WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import { z } from 'zod';
import { judgeOf } from './field.judge.js';

const TYPES_MAX = 50;
const NAME = /^[a-z][a-z0-9_-]{0,39}(?:\.[a-z][a-z0-9_-]{0,39})?$/;

/** A JSON Schema, written out or as the text of a file (`${file:…}`); what it parses to says what is wrong with fields. */
const fieldSchema = z.unknown().transform((written, context) => {
  try {
    return judgeOf(typeof written === 'string' ? JSON.parse(written) : written);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is no JSON Schema' });
    return z.NEVER;
  }
});

const ownType = z.strictObject({
  /** Whether an event of the type has to say whom it is about. */
  person: z.enum(['required', 'optional', 'none']).default('optional'),
  /** What `data.fields` holds. All of it counts as personal. */
  fields: fieldSchema.optional(),
  /** What `data.facts` holds: nothing personal. */
  facts: fieldSchema.optional(),
});

/** `types` of a site: its own types of event, by the name after `custom.`. */
export const ownTypesSettings = z
  .record(z.string().regex(NAME, 'must be lower-case words of at most 40 characters, such as workshop_rated'), ownType)
  .refine((types) => Object.keys(types).length <= TYPES_MAX, `must be at most ${TYPES_MAX} types`);

/** `fields` of a site: what `data.extra` of our types holds there. All of it counts as personal. */
export const ownFieldsSettings = z.partialRecord(z.enum(WEBSITE_EVENT_TYPES), fieldSchema);

export type OwnType = z.infer<typeof ownType>;
export type OwnFields = z.infer<typeof ownFieldsSettings>;
