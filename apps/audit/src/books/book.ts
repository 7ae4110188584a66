import type { AcceptedRow, BookRow, BookState } from '@posthorn/contracts';
import { DAY_MS, dayOf } from './book.options.js';

/** What one service says it keeps, in the days it was asked about. */
export interface KeptEvents {
  service: string;
  asOf: string;
  /** Those it takes; null: all. */
  types: readonly string[] | null;
  since?: string;
  /** Of types that a release has taught it: the first whole day on which it took them. */
  typeDays?: Readonly<Record<string, string>>;
  rows: readonly (Omit<BookRow, 'type'> & { type?: string })[];
}

/** A day of a site, as one service has it: accepted = the states + missing. */
export type Book = Record<BookState, number> & { service: string; site: string; day: string; accepted: number };

/** The first day of which everything is the service's to have: one that is new is given the history from some moment on. */
export function firstDayOf(since: string | undefined): string {
  return since === undefined ? '' : dayOf(Date.parse(since) + DAY_MS - 1);
}

/** From when on each of its types counts: one that it did not take before, from tomorrow. */
export function typeDaysOf({ types }: KeptEvents, known: Pick<KeptEvents, 'types' | 'typeDays'> | undefined, tomorrow: string): Record<string, string> {
  if (types === null || known === undefined || known.types === null) return {};
  const before = new Set(known.types);
  return Object.fromEntries(types.flatMap((type) => {
    const day = before.has(type) ? known.typeDays?.[type] : tomorrow;
    return day === undefined ? [] : [[type, day]];
  }));
}

/** The books of one service: what was accepted of the types it takes, beside what became of it there. */
export function booksOf({ service, types, since, typeDays = {}, rows }: KeptEvents, accepted: readonly AcceptedRow[]): Book[] {
  const books = new Map<string, Book>();
  const bookOf = ({ site, day }: { site: string; day: string }): Book => {
    const key = `${day} ${site}`;
    const book = books.get(key) ?? { service, site, day, accepted: 0, delivered: 0, inProgress: 0, held: 0, dead: 0, skipped: 0, erased: 0 };
    books.set(key, book);
    return book;
  };
  const first = firstDayOf(since);
  const taken = types === null ? undefined : new Set(types);
  // On both sides alike: what it took before a release, or takes no more, is in its tables and in no book.
  const counts = ({ day, type }: { day: string; type?: string }): boolean =>
    day >= first && (type === undefined || (taken?.has(type) !== false && day >= (typeDays[type] ?? '')));
  for (const row of accepted) if (counts(row)) bookOf(row).accepted += row.accepted;
  for (const row of rows) {
    if (!counts(row)) continue;
    const book = bookOf(row);
    for (const state of STATES) book[state] += row[state];
  }
  return [...books.values()];
}

const STATES = ['delivered', 'inProgress', 'held', 'dead', 'skipped', 'erased'] as const satisfies readonly BookState[];
