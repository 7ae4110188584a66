import { z } from 'zod';
import type { JsonSchema, Schema } from './operation.js';

/** What goes in is described before it is transformed, what goes out after it. */
export type Direction = 'input' | 'output';

/** As OpenAPI 3.1 has it, which is JSON Schema 2020-12. What it cannot say, such as rules over several fields, is left out. */
export function jsonSchemaOf(schema: Schema, io: Direction): JsonSchema {
  const body: Record<string, unknown> = { ...(isZod(schema) ? z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }) : schema) };
  delete body['$schema'];
  delete body['$id'];
  return body;
}

/** The fields of a question in a URL, where every value is text. */
export function fieldsOf(schema: z.ZodObject): { name: string; required: boolean; schema: JsonSchema }[] {
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input') as { properties?: Record<string, JsonSchema>; required?: string[] };
  return Object.entries(properties).map(([name, field]) => ({ name, required: required.includes(name), schema: field }));
}

function isZod(schema: Schema): schema is z.ZodType {
  return schema instanceof z.ZodType;
}
