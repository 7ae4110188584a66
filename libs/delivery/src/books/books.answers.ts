import { Controller, type Type } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type BookAnswer, type BookIdsAnswer, bookIdsQuestion, bookIdsSubject, bookPage, bookQuestion, BOOKS } from '@posthorn/contracts';
import { IdTable } from '@posthorn/ledger';
import { ONE_REPLICA } from '@posthorn/messaging';
import { Database } from '@posthorn/persistence';
import { HandlerRegistry } from '../handler.registry.js';
import { BooksStore } from './books.store.js';

/** A controller that says, in the name of one service, in which state the events are that it takes. */
export function booksAnswersOf(service: string): Type<unknown> {
  @Controller()
  class BooksAnswers {
    private readonly inbox: IdTable;

    constructor(
      private readonly database: Database,
      private readonly books: BooksStore,
      private readonly handlers: HandlerRegistry,
    ) {
      this.inbox = new IdTable(database, { table: 'inbox', id: 'event_id' });
    }

    @MessagePattern(BOOKS.kept, ONE_REPLICA)
    async kept(@Payload() payload: unknown): Promise<BookAnswer> {
      const question = bookQuestion.parse(payload);
      // Silence: an answer could end the wait for the one that was asked.
      if ((question.service ?? service) !== service) return new Promise(() => undefined);
      const since = await this.books.since(this.database);
      const asOf = new Date().toISOString();
      const rows = await this.books.rows(this.database, question);
      return { service, role: 'delivers', asOf, types: this.handlers.types(), since: since?.toISOString(), ...bookPage(rows) };
    }

    @MessagePattern(bookIdsSubject(service), ONE_REPLICA)
    ids(@Payload() payload: unknown): Promise<BookIdsAnswer> {
      return this.inbox.book(bookIdsQuestion.parse(payload));
    }
  }
  return BooksAnswers;
}
