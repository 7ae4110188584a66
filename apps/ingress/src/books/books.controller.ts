import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type AcceptedAnswer, type BookIdsAnswer, bookIdsQuestion, bookIdsSubject, bookQuestion, BOOKS } from '@posthorn/contracts';
import { IdTable } from '@posthorn/ledger';
import { ONE_REPLICA } from '@posthorn/messaging';
import { Database } from '@posthorn/persistence';
import { SERVICE } from '../config.js';
import { AcceptedCounts } from './accepted.counts.js';

/** The first half of the books: what was accepted. */
@Controller()
export class BooksController {
  private readonly ledger: IdTable;

  constructor(
    private readonly counts: AcceptedCounts,
    database: Database,
  ) {
    this.ledger = new IdTable(database, { table: 'ledger', id: 'id' });
  }

  @MessagePattern(BOOKS.accepted, ONE_REPLICA)
  accepted(@Payload() question: unknown): Promise<AcceptedAnswer> {
    return this.counts.of(bookQuestion.parse(question));
  }

  @MessagePattern(bookIdsSubject(SERVICE), ONE_REPLICA)
  ids(@Payload() question: unknown): Promise<BookIdsAnswer> {
    return this.ledger.book(bookIdsQuestion.parse(question));
  }
}
