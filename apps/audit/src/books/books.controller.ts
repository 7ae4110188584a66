import { Controller, Get, Logger, Query } from '@nestjs/common';
import { BOOK_STATES, type BookState } from '@posthorn/contracts';
import { Caller, Describe, RequireKey } from '@posthorn/http';
import { AsAuditor, Auditor } from '../questions/auditor.js';
import { booksQueryOf } from './books.query.js';
import { BooksReader, type BookView } from './books.reader.js';
import { SHOW_BOOKS } from './books.openapi.js';

export type BookTotal = Record<BookState | 'accepted' | 'missing', number> & { service: string; balanced: boolean; stale: boolean };

export interface BooksAnswer {
  from: string;
  until: string;
  /** Every book of these days: all of them balance, and none is stale. */
  balanced: boolean;
  totals: BookTotal[];
  books: BookView[];
}

const FIGURES = ['accepted', ...BOOK_STATES, 'missing'] as const;

/** `GET /v1/books`: whether every service has every event it should, and in which state. Numbers only: reading them is logged, and no entry. */
@Controller('v1/books')
@RequireKey()
export class BooksController {
  private readonly logger = new Logger(BooksController.name);

  constructor(private readonly books: BooksReader) {}

  @Get()
  @Describe(SHOW_BOOKS)
  async show(@Query() parameters: unknown, @Caller(AsAuditor) auditor: Auditor): Promise<BooksAnswer> {
    const query = booksQueryOf(parameters, this.books.now);
    const books = await this.books.read(auditor, query);
    this.logger.log({ msg: 'the books were read', auditor: auditor.id, ...query, count: books.length });
    const totals = totalsOf(books);
    return { from: query.from, until: query.until, balanced: books.every(({ balanced, stale }) => balanced && !stale), totals, books };
  }
}

function totalsOf(books: readonly BookView[]): BookTotal[] {
  const totals = new Map<string, BookTotal>();
  for (const book of books) {
    const { service } = book;
    const total = totals.get(service) ?? { service, accepted: 0, delivered: 0, inProgress: 0, held: 0, dead: 0, skipped: 0, erased: 0, missing: 0, balanced: true, stale: false };
    for (const figure of FIGURES) total[figure] += book[figure];
    // Of each of its books: what one lacks another must not make up for.
    total.balanced &&= book.balanced;
    total.stale ||= book.stale;
    totals.set(service, total);
  }
  return [...totals.values()].sort((a, b) => a.service.localeCompare(b.service));
}
