import type { AcceptedRow, BookRow, BookState } from '@posthorn/contracts';
import { DAY_MS, dayOf } from './book.options.js';

/** What one service says it keeps, in the days it was asked about. */
export interface KeptEvents {
  service: string;
  asOf: string;
  /** Those it takes; null: all. */
  types: readonly string[] | null;
  since?: string;
  rows: readonly (Omit<BookRow, 'type'> & { type?: string })[];
}

/** A day of a site, as one service has it: accepted = the states + missing. */
export type Book = Record<BookState, number> & { service: string; site: string; day: string; accepted: number };

/** The first day of which everything is the service's to have: one that is new is given the history from some moment on. */
export function firstDayOf(since: string | undefined): string {
  return since === undefined ? '' : dayOf(Date.parse(since) + DAY_MS - 1);
}

/** The books of one service: what was accepted of the types it takes, beside what became of it there. */
export function booksOf({ service, types, since, rows }: KeptEvents, accepted: readonly AcceptedRow[]): Book[] {
  const books = new Map<string, Book>();
  const bookOf = ({ site, day }: { site: string; day: string }): Book => {
    const key = `${day} ${site}`;
    const book = books.get(key) ?? { service, site, day, accepted: 0, delivered: 0, inProgress: 0, held: 0, dead: 0, skipped: 0, erased: 0 };
    books.set(key, book);
    return book;
  };
  const first = firstDayOf(since);
  const taken = types === null ? undefined : new Set(types);
  for (const row of accepted) if (row.day >= first && taken?.has(row.type) !== false) bookOf(row).accepted += row.accepted;
  for (const row of rows) {
    if (row.day < first) continue;
    const book = bookOf(row);
    for (const state of STATES) book[state] += row[state];
  }
  return [...books.values()];
}

const STATES = ['delivered', 'inProgress', 'held', 'dead', 'skipped', 'erased'] as const satisfies readonly BookState[];
