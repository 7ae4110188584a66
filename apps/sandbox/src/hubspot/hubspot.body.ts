import { z } from 'zod';
import { HubSpotError, invalidInput } from './hubspot.error.js';
import { objectTypeOf, type ObjectType } from './hubspot.types.js';

const BATCH_LIMIT = 100;

/** Reads a request's JSON text by a schema; what is wrong is answered in HubSpot's words. */
export function readBody<T>(body: unknown, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(typeof body === 'string' && body !== '' ? body : '{}');
  } catch {
    throw invalidInput('Invalid input JSON: the body could not be parsed');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw invalidInput(`Invalid input JSON: ${problems.join('; ')}`);
}

export function readObjectType(name: string): ObjectType {
  const type = objectTypeOf(name);
  if (!type) throw new HubSpotError(400, 'VALIDATION_ERROR', `Unable to infer object type from: ${name}`);
  return type;
}

export function batchOf<T>(input: z.ZodType<T>): z.ZodType<{ inputs: T[] }> {
  return z.object({ inputs: z.array(input).min(1).max(BATCH_LIMIT) });
}

/** The envelope of every batch answer. */
export function batchAnswer(results: unknown[], errors: unknown[] = []): Record<string, unknown> {
  const now = new Date().toISOString();
  return {
    status: 'COMPLETE',
    results,
    ...(errors.length > 0 && { numErrors: errors.length, errors }),
    requestedAt: now,
    startedAt: now,
    completedAt: now,
  };
}
