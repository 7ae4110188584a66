import { createOutcome, OUTCOMES, outcomeSubject } from '@posthorn/contracts';
import type { LedgerEntry } from '@posthorn/ledger';
import { SERVICE } from '../config.js';
import type { Book } from './book.js';

export type BookOutcomeType = Extract<keyof typeof OUTCOMES, `audit.books.${string}`>;

/** A book as it is in the table: with what is missing. */
export type WrittenBook = Book & { missing: number };

/** As the columns are called in an outcome and an answer. */
export const BOOK_COLUMNS = `service, site, day::text AS day, accepted::float8, delivered::float8, in_progress::float8 AS "inProgress", held::float8, dead::float8,
  skipped::float8, erased::float8, missing::float8`;

export interface Finding {
  /** Those that one side does not have; up to 100. */
  events?: readonly string[];
  error?: { code: string; message: string; remedy: string };
}

/** What the log says about itself, on the same way as every other outcome. */
export function bookOutcome(type: BookOutcomeType, { site, ...facts }: WrittenBook, { events = [], error }: Finding = {}): LedgerEntry {
  const state = facts.missing === 0 ? 'balanced' : 'differing';
  const envelope = createOutcome({
    site,
    type,
    data: { service: SERVICE, connection: 'books', state, facts, ...(events.length === 0 ? {} : { events: [...events] }), error },
  });
  return { envelope, subject: outcomeSubject(SERVICE, type) };
}
