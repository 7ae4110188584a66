import { deliveryFilter, pointerOf, SITE_ID, UUID_V7 } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { z } from 'zod';

/** In a URL as in a body: the words of an operator. */
export const selection = {
  service: z.string().regex(SITE_ID, 'must be the name of a service').optional(),
  ...deliveryFilter.shape,
};

export const serviceOnly = z.strictObject({ service: selection.service });

/** The parameters of a URL; a Problem (400) that names every mistake. */
export function queryOf<T>(schema: z.ZodType<T>, parameters: unknown): T {
  const parsed = schema.safeParse({ ...(parameters as object) });
  if (parsed.success) return parsed.data;
  throw new Problem({ status: 400, code: 'query-invalid', title: 'The question has mistakes', errors: parsed.error.issues.flatMap(fieldsOf) });
}

/** A body, which may be missing; a Problem (422) that names every mistake. */
export function bodyOf<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  throw new Problem({ status: 422, code: 'validation-failed', title: 'The order has mistakes', detail: 'Nothing was done.', errors: parsed.error.issues.flatMap(fieldsOf) });
}

export function uuidOf(text: string, what: string): string {
  const id = text.toLowerCase();
  if (UUID_V7.test(id)) return id;
  throw new Problem({ status: 400, code: 'query-invalid', title: 'The question has mistakes', errors: [{ pointer: '/id', rule: 'pattern', message: `must be the id of ${what}, a UUIDv7` }] });
}

function fieldsOf(issue: z.core.$ZodIssue): { pointer: string; rule: string; message: string }[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), rule: 'unknown_field', message: 'is not known here' }));
  return [{ pointer: pointerOf(issue.path), rule: issue.code, message: issue.message }];
}
