import type { z } from 'zod';

/** The keyword that carries the mark into JSON Schema and AsyncAPI. */
export const PERSONAL_KEYWORD = 'x-personal';

/** Marks a field as personal data. The mark travels with the schema into every generated document. */
export function personal<S extends z.ZodType>(schema: S): S {
  return schema.meta({ ...schema.meta(), [PERSONAL_KEYWORD]: true });
}
