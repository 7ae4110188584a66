import { Injectable } from '@nestjs/common';
import { type BookQuestion, type BookRow, EVENTS_PUBLISHER, MAX_BOOK_ROWS } from '@posthorn/contracts';
import { prepared, type Transaction } from '@posthorn/persistence';
import { EVENT_STATE } from './event.state.js';

// One statement, so that what moves from one part to the other meanwhile is counted once.
const ROWS = prepared(`
  SELECT to_char(day, 'YYYY-MM-DD') AS day, site, type,
         coalesce(sum(events) FILTER (WHERE state = 'delivered'), 0)::int AS delivered,
         coalesce(sum(events) FILTER (WHERE state = 'inProgress'), 0)::int AS "inProgress",
         coalesce(sum(events) FILTER (WHERE state = 'held'), 0)::int AS held,
         coalesce(sum(events) FILTER (WHERE state = 'dead'), 0)::int AS dead,
         coalesce(sum(events) FILTER (WHERE state = 'skipped'), 0)::int AS skipped,
         coalesce(sum(events) FILTER (WHERE state = 'erased'), 0)::int AS erased
    FROM (SELECT day, site, type, state, events FROM book_counts
           WHERE day BETWEEN $1::date AND $2::date
           UNION ALL
          SELECT day_of(event_id), site, type, ${EVENT_STATE}, 1 FROM deliveries
           WHERE event_id >= first_id_of($1::date) AND event_id < first_id_of($2::date + 1)
           GROUP BY event_id, site, type) AS book
   WHERE ($3::text IS NULL OR site = $3) AND ($4::date IS NULL OR (day, site) > ($4, $5))
   GROUP BY 1, 2, 3 HAVING sum(events) > 0 ORDER BY 1, 2, 3 LIMIT ${MAX_BOOK_ROWS + 1}`);

/** How many events are in which state: what is in `deliveries` is counted when somebody asks, the rest was counted when it left. */
@Injectable()
export class BooksStore {
  /** One more than fits into an answer, if there are so many. */
  rows(tx: Pick<Transaction, 'query'>, { from, until, site, after }: BookQuestion): Promise<BookRow[]> {
    return tx.query<BookRow>(ROWS, [from, until, site ?? null, after?.day ?? null, after?.site ?? null]);
  }

  /** What was accepted before is not this service's to have; unknown until it has first compared itself with ingress. */
  async since(tx: Pick<Transaction, 'query'>): Promise<Date | undefined> {
    const [row] = await tx.query<{ since: Date }>('SELECT since FROM reconciliation WHERE publisher = $1', [EVENTS_PUBLISHER]);
    return row?.since;
  }
}
