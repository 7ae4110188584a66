import { SITE_ID, TYPE_NAME, UUID_V7 } from '@posthorn/contracts';
import { z } from 'zod';
import { badParameter, badQuestion } from './bad.question.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;

const nameUpTo = (length: number): z.ZodString => z.string().max(length).regex(/^[^\p{Cc}\p{Cs}]+$/u, 'must be a name without control characters');
const name = nameUpTo(200);
const uuid = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.string().regex(UUID_V7, 'must be a UUIDv7'));
const time = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-03-02T10:00:00Z; write the + of an offset as %2B' })
  .transform((text) => new Date(text));

/** Which entries: the same words wherever they are chosen. */
export const FILTER = {
  site: z.string().regex(SITE_ID, 'must be a site id').optional().describe('Of this site'),
  type: z.string().regex(TYPE_NAME, 'must be a type such as lead.submitted').optional().describe('Such as lead.submitted'),
  kind: z.enum(['event', 'outcome', 'operation', 'access'], 'must be event, outcome, operation or access').optional().describe('What a website said, what a service said, what a person ordered, what an auditor looked at; without it, all but access'),
  service: name.optional().describe('Outcomes of this service'),
  connection: name.optional().describe('Outcomes at this connection'),
  outcome: name.optional().describe('Outcomes with this state, such as dead'),
  actor: nameUpTo(600).optional().describe('What this person ordered or looked at'),
  event: uuid.optional().describe('An event and everything said about it'),
  person: z.uuid('must be the pseudonym of a person, a UUID').optional().describe('Everything about a person, by the pseudonym that POST /v1/people/search answers'),
  correlation: name.optional().describe('Everything of one correlation id'),
  // It stands in URLs, and in the log for good.
  text: nameUpTo(200).min(3, 'must have at least 3 characters').regex(/^(?!.*[^\s@]@[^\s@]+\.)/u, 'must not be an e-mail address: POST /v1/people/search finds a person').optional().describe('Entries with this text in a value that is not personal'),
  from: time.optional().describe('Accepted at or after; write the + of an offset as %2B'),
  to: time.optional().describe('Accepted before'),
};

/** How much of them at a time, and from where on. */
export const PAGE = {
  limit: z
    .string()
    .regex(/^\d{1,4}$/, `must be a number from 1 to ${MAX_LIMIT}`)
    .transform(Number)
    .pipe(z.int().min(1, `must be a number from 1 to ${MAX_LIMIT}`).max(MAX_LIMIT, `must be a number from 1 to ${MAX_LIMIT}`))
    .default(DEFAULT_LIMIT)
    .describe(`Of a page: ${DEFAULT_LIMIT}, at most ${MAX_LIMIT}`),
  cursor: z.string().optional().describe('The "next" of the page before'),
};

/** Unknown parameters are mistakes: a misspelt filter must not widen what an auditor believes to be complete. */
export const entriesQuery = z.strictObject({ ...FILTER, ...PAGE });

export type EntriesQuery = z.infer<typeof entriesQuery>;

/** The question of a URL; a Problem (400) that names every mistake. */
export function entriesQueryOf(parameters: unknown): EntriesQuery {
  return questionOf(entriesQuery, parameters);
}

/** What a URL asks, by a schema of its own; a Problem (400) that names every mistake. */
export function questionOf<S extends z.ZodObject>(schema: S, parameters: unknown): z.infer<S> {
  const parsed = schema.safeParse({ ...(parameters as object) });
  if (!parsed.success) throw badQuestion(parsed.error.issues, Object.keys(schema.shape));
  return parsed.data;
}

/** The event id in a path; a Problem (400) when it is none. */
export const eventIdOf = (text: string): string => idOf(text, 'eventId', 'an event');

/** The entry id in a path; a Problem (400) when it is none. */
export const entryIdOf = (text: string): string => idOf(text, 'id', 'an entry');

function idOf(text: string, parameter: string, of: string): string {
  const parsed = uuid.safeParse(text);
  if (!parsed.success) throw badParameter(parameter, `must be the id of ${of}, a UUIDv7`);
  return parsed.data;
}
