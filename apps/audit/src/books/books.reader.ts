import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import type { Auditor } from '../questions/auditor.js';
import { BOOK_OPTIONS, type BookOptions, dayOf, daysBefore } from './book.options.js';
import { BOOK_COLUMNS, type WrittenBook } from './book.outcomes.js';
import { staleAfterMs } from './bookkeeper.service.js';
import type { BooksQuery } from './books.query.js';

/** One service's day of a site: accepted = delivered + inProgress + held + dead + skipped + erased + missing. */
export interface BookView extends WrittenBook {
  balanced: boolean;
  /** It has lacked events for longer than the reconciler needs. */
  differs: boolean;
  /** When the service last said so. */
  asOf: string;
  /** It has not answered since: the states are those of then, what was accepted is of now. */
  stale: boolean;
  /** When the day was closed; the numbers above are of now. */
  closedAt?: string;
}

interface Row extends WrittenBook {
  differs: boolean;
  as_of: Date;
  history_as_of: Date;
  closed_at: Date | null;
}

const BOOKS = `
  SELECT ${BOOK_COLUMNS}, differs, as_of, history_as_of,
         (SELECT closed_at FROM book_closings c WHERE c.day = books.day AND c.site = books.site AND c.service = books.service) AS closed_at
    FROM books JOIN book_services USING (service)
   WHERE day BETWEEN $1 AND $2 AND ($3::text[] IS NULL OR site = ANY($3)) AND ($4::text IS NULL OR service = $4)
   ORDER BY books.day DESC, site, service`;

/** Reads the books as they were last found. */
@Injectable()
export class BooksReader {
  constructor(
    private readonly database: Database,
    @Inject(BOOK_OPTIONS) private readonly options: BookOptions,
  ) {}

  get now(): Date {
    return this.options.now?.() ?? new Date();
  }

  async read(auditor: Auditor, { from, until, site, service }: BooksQuery): Promise<BookView[]> {
    const rows = await this.database.query<Row>(BOOKS, [from, until, auditor.sitesFor(site) ?? null, service ?? null]);
    const { now } = this;
    const recent = daysBefore(dayOf(now), 1);
    return rows.map(({ differs, as_of: recentlyAsOf, history_as_of: historyAsOf, closed_at: closedAt, ...book }) => ({
      ...book,
      balanced: book.missing === 0,
      differs,
      asOf: (book.day >= recent ? recentlyAsOf : historyAsOf).toISOString(),
      stale: now.getTime() - recentlyAsOf.getTime() > staleAfterMs(this.options),
      ...(closedAt === null ? {} : { closedAt: closedAt.toISOString() }),
    }));
  }
}
