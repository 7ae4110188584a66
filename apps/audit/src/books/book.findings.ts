import { Injectable } from '@nestjs/common';
import { Ledger } from '@posthorn/ledger';
import { Database } from '@posthorn/persistence';
import type { Days } from './book.inquiry.js';
import { BOOK_COLUMNS, bookOutcome, type Finding, type WrittenBook } from './book.outcomes.js';
import type { UnbalancedBook } from './book.shelf.js';

const AT_ONCE = 500;

const COUNTS = 'accepted, delivered, in_progress, held, dead, skipped, erased';
const CLOSABLE = `
  SELECT ${BOOK_COLUMNS} FROM books b
   WHERE b.day BETWEEN $1 AND $2 AND (missing = 0 OR b.day <= $3)
     AND NOT EXISTS (SELECT FROM book_closings c WHERE c.day = b.day AND c.site = b.site AND c.service = b.service)
   ORDER BY b.day, b.site, b.service LIMIT ${AT_ONCE}`;
const CLOSE = `
  INSERT INTO book_closings (day, site, service, ${COUNTS}, closed_at, outcome_id)
  SELECT b.day, b.site, b.service, ${COUNTS.replaceAll(/\w+/g, 'b.$&')}, $4, o.outcome_id
    FROM unnest($1::date[], $2::text[], $3::text[], $5::uuid[]) AS o (day, site, service, outcome_id) JOIN books b USING (day, site, service)`;

/** What is found out about the books: each finding and its outcome in one transaction, so that it is said once. */
@Injectable()
export class BookFindings {
  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
  ) {}

  /** Closes the days from `from` to `until` that balance, and those up to `overdue` as they are; each once, for good. */
  close({ from, until }: Days, overdue: string, now: Date): Promise<number> {
    return this.database.transaction(async (tx) => {
      // One at a time, also if two replicas both believe that they keep the books.
      await tx.query('SELECT FROM book_keeper FOR UPDATE');
      const books = await tx.query<WrittenBook>(CLOSABLE, [from, until, overdue]);
      const entries = books.map((book) => bookOutcome('audit.books.closed', book));
      const column = (name: 'day' | 'site' | 'service'): string[] => books.map((book) => book[name]);
      if (books.length > 0) await tx.query(CLOSE, [column('day'), column('site'), column('service'), now.toISOString(), entries.map(({ envelope }) => envelope.id)]);
      await this.ledger.append(tx, entries);
      return books.length;
    });
  }

  /** Says that a book differs, unless that was said or is over. */
  differ({ service, site, day }: UnbalancedBook, finding: Finding): Promise<WrittenBook | undefined> {
    return this.database.transaction(async (tx) => {
      const [book] = await tx.query<WrittenBook>(
        `UPDATE books SET differs = true WHERE service = $1 AND site = $2 AND day = $3 AND missing <> 0 AND NOT differs RETURNING ${BOOK_COLUMNS}`,
        [service, site, day],
      );
      await this.ledger.append(tx, book === undefined ? [] : [bookOutcome('audit.books.differ', book, finding)]);
      return book;
    });
  }

  /** Says of those that differed that they balance again. */
  agree(): Promise<WrittenBook[]> {
    return this.database.transaction(async (tx) => {
      const books = await tx.query<WrittenBook>(
        `UPDATE books SET differs = false WHERE (day, site, service) IN
           (SELECT day, site, service FROM books WHERE differs AND missing = 0 ORDER BY day, site, service LIMIT ${AT_ONCE} FOR UPDATE)
         RETURNING ${BOOK_COLUMNS}`,
      );
      await this.ledger.append(tx, books.map((book) => bookOutcome('audit.books.agree', book)));
      return books;
    });
  }
}
