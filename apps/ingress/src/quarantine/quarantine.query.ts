import { type ContractIssue, contractIssues, SITE_ID, TYPE_NAME, UUID_V7 } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { z } from 'zod';
import { DECIDED_STATES, WAITING_STATES } from './set-aside.js';

const MOST_IDS = 1_000;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;

const id = z.string().regex(UUID_V7, 'must be a lower-case UUIDv7');
const time = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-03-02T10:00:00Z; in an address write the + of an offset as %2B' })
  .transform((text) => new Date(text).toISOString())
  // What Postgres can be asked about: it knows no year 0.
  .refine((text) => /^(?!0000)\d{4}-/.test(text), 'must be of the years 1 to 9999');

const filter = {
  site: z.string().regex(SITE_ID, 'must be a site id').optional(),
  type: z.string().max(100).regex(TYPE_NAME, 'must be a type such as lead.submitted').optional(),
  code: z.string().max(100).regex(/^[a-z0-9-]+$/, 'must be a code such as validation-failed').optional(),
  from: time.optional(),
  to: time.optional(),
};

export const quarantineQuery = z.strictObject({
  ...filter,
  state: z.enum([...WAITING_STATES, ...DECIDED_STATES]).optional(),
  limit: z.string().regex(/^\d{1,3}$/, `must be a number from 1 to ${MAX_LIMIT}`).transform(Number).pipe(z.int().min(1).max(MAX_LIMIT)).default(DEFAULT_LIMIT),
  cursor: id.optional(),
});

export const quarantineOrder = z.strictObject({
  ...filter,
  state: z.enum(WAITING_STATES).optional(),
  ids: z.array(id).min(1).max(MOST_IDS).optional(),
  cursor: id.optional(),
  dryRun: z.boolean().default(false),
}).refine(({ site, state, type, code, from, to, ids }) => [site, state, type, code, from, to, ids].some((given) => given !== undefined), {
  error: 'names no criterion: say at least a site, a state, a type, a code or ids',
  params: { rule: 'criterion' },
});

export type QuarantineQuery = z.infer<typeof quarantineQuery>;
export type QuarantineOrder = Omit<z.infer<typeof quarantineOrder>, 'dryRun'>;
export type QuarantineFilter = Pick<QuarantineQuery, 'site' | 'state' | 'type' | 'code' | 'from' | 'to'>;

/** Unknown parameters are mistakes: a misspelt filter must not widen an answer. */
export function quarantineQueryOf(parameters: unknown): QuarantineQuery {
  const given: unknown = { ...(parameters as object) };
  const parsed = quarantineQuery.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Problem({ status: 400, code: 'query-invalid', title: 'The question has mistakes', errors: contractIssues(parsed.error.issues, given) });
}

export function quarantineOrderOf(body: unknown): { order: QuarantineOrder; dryRun: boolean } {
  const parsed = quarantineOrder.safeParse(body);
  if (!parsed.success) throw invalidOrder(contractIssues(parsed.error.issues, body));
  const { dryRun, ...rest } = parsed.data;
  return { order: rest, dryRun };
}

/** The id in an address; undefined when it cannot be one. */
export function quarantineIdOf(text: string): string | undefined {
  return id.safeParse(text).data;
}

function invalidOrder(errors: ContractIssue[]): Problem {
  return new Problem({ status: 422, code: 'validation-failed', title: 'The order is not valid', detail: 'Nothing was decided.', errors });
}
