import { bookDay, MAX_BOOK_DAYS, SITE_ID } from '@posthorn/contracts';
import { z } from 'zod';
import { badQuestion } from '../questions/bad.question.js';
import { DAY_MS, dayOf } from './book.options.js';

const id = (of: string): z.ZodString => z.string().regex(SITE_ID, `must be ${of}`);

export const booksQuery = z.strictObject({ from: bookDay.optional(), until: bookDay.optional(), site: id('a site id').optional(), service: id('the name of a service').optional() });

export interface BooksQuery {
  from: string;
  until: string;
  site?: string;
  service?: string;
}

/** The question of a URL, by default about today; a Problem (400) that names every mistake. */
export function booksQueryOf(parameters: unknown, now: Date): BooksQuery {
  const parsed = booksQuery.safeParse({ ...(parameters as object) });
  if (!parsed.success) throw badQuestion(parsed.error.issues, Object.keys(booksQuery.shape));
  const { until = later(parsed.data.from, dayOf(now)), from = until, ...rest } = parsed.data;
  const days = (Date.parse(until) - Date.parse(from)) / DAY_MS + 1;
  const message = days < 1 ? 'must not be before "from"' : `must be less than ${MAX_BOOK_DAYS} days after "from"`;
  if (days < 1 || days > MAX_BOOK_DAYS) throw badQuestion([{ code: 'custom', path: Object.keys({ until }), message, input: undefined }], []);
  return { from, until, ...rest };
}

const later = (a: string | undefined, b: string): string => (a !== undefined && a > b ? a : b);
