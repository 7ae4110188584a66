import { Controller, type Type } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  LEDGER_PUBLISHERS,
  type LedgerDigestAnswer,
  ledgerDigestQuestion,
  type LedgerEntriesAnswer,
  ledgerEntriesQuestion,
  type LedgerIdsAnswer,
  ledgerIdsQuestion,
  ledgerSubject,
} from '@posthorn/contracts';
import { ONE_REPLICA } from '@posthorn/messaging';
import { Database } from '@posthorn/persistence';
import { firstIdAt, later } from './id.range.js';
import { IdTable } from './id.table.js';

/** Keeps every answer below the megabyte that NATS carries: an id takes 39 bytes of it, a minute 60. */
const MAX_IDS = 10_000;
const MAX_ANSWER_BYTES = 700_000;

// The first is answered however long it is: no envelope is longer than NATS carries, or it would not have been relayed.
const ENTRIES = `
  SELECT envelope FROM (
    SELECT id, envelope, row_number() OVER (ORDER BY id) AS n, sum(octet_length(envelope)) OVER (ORDER BY id) AS bytes
      FROM ledger WHERE id = ANY($1::uuid[])) AS found
   WHERE n = 1 OR bytes <= $2 ORDER BY id`;

/**
 * A controller that answers, in the name of one publisher, who asks what it may have missed. What is missing is a
 * part of the answer: it goes to the one who asked, needs no stream, and troubles nobody else.
 */
export function ledgerAnswersOf(publisher: string): Type<unknown> {
  @Controller()
  class LedgerAnswers {
    private readonly ledger: IdTable;

    constructor(private readonly database: Database) {
      this.ledger = new IdTable(database, { table: 'ledger', id: 'id' });
    }

    @MessagePattern(LEDGER_PUBLISHERS, ONE_REPLICA)
    introduce(): { publisher: string } {
      return { publisher };
    }

    @MessagePattern(ledgerSubject('digest', publisher), ONE_REPLICA)
    async digest(@Payload() question: unknown): Promise<LedgerDigestAnswer> {
      const { from, minAgeMs, types } = ledgerDigestQuestion.parse(question);
      const asked = { from, until: later(from, firstIdAt(Date.now() - minAgeMs)) };
      const until = await this.ledger.endOf(asked, MAX_IDS);
      return { until, done: until === asked.until, minutes: await this.ledgerOf(types).minutes({ from, until }), types };
    }

    @MessagePattern(ledgerSubject('ids', publisher), ONE_REPLICA)
    async ids(@Payload() question: unknown): Promise<LedgerIdsAnswer> {
      const { types, ...range } = ledgerIdsQuestion.parse(question);
      const until = await this.ledger.endOf(range, MAX_IDS);
      return { until, ids: await this.ledgerOf(types).ids({ ...range, until }) };
    }

    @MessagePattern(ledgerSubject('entries', publisher), ONE_REPLICA)
    async entries(@Payload() question: unknown): Promise<LedgerEntriesAnswer> {
      const { ids } = ledgerEntriesQuestion.parse(question);
      const rows = await this.database.query<{ envelope: string }>(ENTRIES, [ids, MAX_ANSWER_BYTES]);
      return { entries: rows.map(({ envelope }) => JSON.parse(envelope) as LedgerEntriesAnswer['entries'][number]) };
    }

    /** Where a range ends is for all types to say: of one that is rare, ten thousand may be a year. */
    private ledgerOf(types: string[] | undefined): IdTable {
      return types === undefined ? this.ledger : new IdTable(this.database, { table: 'ledger', id: 'id', types });
    }
  }
  return LedgerAnswers;
}
