import { z } from 'zod';
import { ContractError } from '../contract.error.js';
import { SITE_ID, TYPE_NAME } from '../envelope/envelope.schema.js';
import { serviceName, siteName, uuidV7 } from '../operations/operations.answer.js';
import { instant } from '../schemas/time.schema.js';

/**
 * What the books are made of, over request–reply; one replica of each service answers. `kept`: every service that takes
 * events says in which state they are. `accepted`: ingress says how many there are. Who wants the difference asks for
 * `kept` first: what a service has, ingress accepted before.
 */
export const BOOKS = { kept: 'posthorn.books.kept', accepted: 'posthorn.books.accepted' } as const;

/** Where one service is asked which events it has: `posthorn.books.ids.email`. Nobody else may listen there. */
export function bookIdsSubject(service: string): string {
  if (SITE_ID.test(service)) return `posthorn.books.ids.${service}`;
  throw new ContractError('No subject can be built', [{ pointer: '/service', rule: 'pattern', message: 'must be the name of a service' }]);
}

/** What an event is, to one service: the worst of its deliveries there. Dead before held, before in progress, before erased, before delivered; `skipped` means all of them. */
export const BOOK_STATES = ['dead', 'held', 'inProgress', 'delivered', 'skipped', 'erased'] as const;
export type BookState = (typeof BOOK_STATES)[number];

export const MAX_BOOK_DAYS = 31;
/** In one answer: 4,000 rows are less than the megabyte that NATS carries. */
export const MAX_BOOK_ROWS = 4_000;

/** A UTC day, that of acceptance: of the event's id. */
export const bookDay = z.iso.date({ error: 'must be a day such as 2026-03-29' });
const count = z.int().min(0);
const typeName = z.string().max(100).regex(TYPE_NAME, 'must be a type such as lead.submitted');

/** The days from `from` to `until`, both of them included; `after` is where the answer before this one ended. */
export const bookQuestion = z
  .object({ service: serviceName.optional(), from: bookDay, until: bookDay, site: siteName.optional(), after: z.object({ day: bookDay, site: siteName }).optional() })
  .refine(({ from, until }) => daysBetween(from, until) >= 1 && daysBetween(from, until) <= MAX_BOOK_DAYS, { error: `must be 1 to ${MAX_BOOK_DAYS} days`, path: ['until'] });
export type BookQuestion = z.infer<typeof bookQuestion>;

export const bookRow = z.object({ site: siteName, day: bookDay, type: typeName, delivered: count, inProgress: count, held: count, dead: count, skipped: count, erased: count });
export type BookRow = z.infer<typeof bookRow>;

export const acceptedRow = z.object({ site: siteName, day: bookDay, type: typeName, accepted: count });
export type AcceptedRow = z.infer<typeof acceptedRow>;

const answer = z.object({ service: serviceName, asOf: instant, more: z.boolean().default(false) });

/**
 * `types` are those that the service takes, whether or not there is an event of them; null: all. Events of other types
 * are in no book of its. `since`: what was accepted before is not its to have; without it, everything is.
 */
export const bookAnswer = answer.extend({ role: z.enum(['delivers', 'records']), types: z.array(typeName).nullable(), since: instant.optional(), rows: z.array(bookRow) });
export type BookAnswer = z.infer<typeof bookAnswer>;

export const acceptedAnswer = answer.extend({ rows: z.array(acceptedRow) });
export type AcceptedAnswer = z.infer<typeof acceptedAnswer>;

/** Ids from `from` on and before `until`; `until` of the answer is where it ends, and the rest is asked for from there. */
export const bookIdsQuestion = z.object({ from: uuidV7, until: uuidV7, site: siteName.optional(), types: z.array(typeName).max(100).optional() });
export type BookIdsQuestion = z.infer<typeof bookIdsQuestion>;

export const bookIdsAnswer = z.object({ until: uuidV7, ids: z.array(uuidV7) });
export type BookIdsAnswer = z.infer<typeof bookIdsAnswer>;

/**
 * The part of an answer's rows that fits into it. The rows come in the order of day, site and type, and are one more
 * than MAX_BOOK_ROWS if there are so many. A site's day is never divided, so that each is of one snapshot.
 */
export function bookPage<R extends { day: string; site: string }>(rows: readonly R[], limit = MAX_BOOK_ROWS): { rows: R[]; more: boolean } {
  const beyond = rows[limit];
  if (beyond === undefined) return { rows: [...rows], more: false };
  const page = rows.slice(0, limit).filter(({ day, site }) => day !== beyond.day || site !== beyond.site);
  return { rows: page, more: true };
}

function daysBetween(from: string, until: string): number {
  return (Date.parse(until) - Date.parse(from)) / 86_400_000 + 1;
}
