import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@posthorn/persistence';
import type { Book, KeptEvents } from './book.js';
import type { Days } from './book.inquiry.js';

const LEASE = "interval '30 seconds'";

/** A service that has ever answered. */
export interface KnownService {
  service: string;
  types: string[] | null;
  typeDays: Record<string, string>;
  since?: string;
  asOf: Date;
}

export interface UnbalancedBook {
  service: string;
  site: string;
  day: string;
  missing: number;
  /** Since when it has not balanced. */
  since: Date;
}

const STORE = `
  INSERT INTO books AS known (service, site, day, accepted, delivered, in_progress, held, dead, skipped, erased, missing_since)
  SELECT *, CASE WHEN accepted = delivered + in_progress + held + dead + skipped + erased THEN NULL ELSE $2::timestamptz END
    FROM jsonb_to_recordset($1::jsonb) AS b (service text, site text, day date, accepted bigint, delivered bigint, in_progress bigint, held bigint, dead bigint, skipped bigint, erased bigint)
  ON CONFLICT (day, site, service) DO UPDATE
     SET (accepted, delivered, in_progress, held, dead, skipped, erased, missing_since) =
         (EXCLUDED.accepted, EXCLUDED.delivered, EXCLUDED.in_progress, EXCLUDED.held, EXCLUDED.dead, EXCLUDED.skipped, EXCLUDED.erased,
          CASE WHEN EXCLUDED.missing_since IS NULL THEN NULL ELSE coalesce(known.missing_since, EXCLUDED.missing_since) END)
   WHERE (known.accepted, known.delivered, known.in_progress, known.held, known.dead, known.skipped, known.erased)
         IS DISTINCT FROM (EXCLUDED.accepted, EXCLUDED.delivered, EXCLUDED.in_progress, EXCLUDED.held, EXCLUDED.dead, EXCLUDED.skipped, EXCLUDED.erased)`;

const REMEMBER = `
  INSERT INTO book_services AS known (service, types, since, as_of, history_as_of, type_days) VALUES ($1, $2, $3, $4, $4, $6)
  ON CONFLICT (service) DO UPDATE SET types = EXCLUDED.types, since = EXCLUDED.since, as_of = EXCLUDED.as_of, type_days = EXCLUDED.type_days,
     history_as_of = CASE WHEN $5 THEN EXCLUDED.history_as_of ELSE known.history_as_of END`;

const SHELVED = `
  SELECT service, site, day::text AS day, delivered::float8, in_progress::float8 AS "inProgress", held::float8, dead::float8, skipped::float8, erased::float8
    FROM books WHERE service = $1 AND day BETWEEN $2 AND $3`;

/** The books as they were last found. They outlive a restart, and every replica reads the same. */
@Injectable()
export class BookShelf {
  private readonly replica = randomUUID();

  constructor(private readonly database: Database) {}

  /** Whether this replica keeps the books now. One that dies is replaced when its lease is over. */
  async lease(): Promise<boolean> {
    const leased = await this.database.query(
      `UPDATE book_keeper SET leased_by = $1, leased_until = clock_timestamp() + ${LEASE} WHERE leased_by = $1 OR leased_until < clock_timestamp() RETURNING one`,
      [this.replica],
    );
    return leased.length > 0;
  }

  async release(): Promise<void> {
    await this.database.query("UPDATE book_keeper SET leased_until = '-infinity' WHERE leased_by = $1", [this.replica]);
  }

  async services(): Promise<KnownService[]> {
    const rows = await this.database.query<{ service: string; types: string[] | null; type_days: Record<string, string>; since: Date | null; as_of: Date }>('SELECT service, types, type_days, since, as_of FROM book_services ORDER BY service');
    return rows.map(({ service, types, type_days: typeDays, since, as_of: asOf }) => ({ service, types, typeDays, since: since?.toISOString(), asOf }));
  }

  /** What a service that does not answer had when it last did. */
  async lastKnown({ service, types, typeDays, since, asOf }: KnownService, { from, until }: Days): Promise<KeptEvents> {
    const rows = await this.database.query<KeptEvents['rows'][number]>(SHELVED, [service, from, until]);
    return { service, types, typeDays, since, asOf: asOf.toISOString(), rows };
  }

  /** Everything of a round at once; false when another replica keeps the books by now. */
  store(books: readonly Book[], answered: readonly KeptEvents[], { now, history, returned }: { now: Date; history: boolean; returned: readonly string[] }): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const keeper = await tx.query('SELECT FROM book_keeper WHERE leased_by = $1 FOR UPDATE', [this.replica]);
      if (keeper.length === 0) return false;
      const rows = books.map(({ inProgress: in_progress, ...book }) => ({ ...book, in_progress }));
      await tx.query(STORE, [JSON.stringify(rows), now.toISOString()]);
      for (const { service, types, typeDays = {}, since, asOf } of answered) await tx.query(REMEMBER, [service, types, since ?? null, asOf, history, JSON.stringify(typeDays)]);
      await startAnew(tx, returned, now);
      return true;
    });
  }

  /** What the reconciler has had its chance to mend and did not, the oldest first. */
  async overdue(services: readonly string[], before: Date, limit: number): Promise<UnbalancedBook[]> {
    return this.database.query<UnbalancedBook>(
      `SELECT service, site, day::text AS day, missing::float8 AS missing, missing_since AS since FROM books
        WHERE missing <> 0 AND NOT differs AND missing_since <= $2 AND service = ANY($1) ORDER BY missing_since, day, site, service LIMIT $3`,
      [services, before.toISOString(), limit],
    );
  }

  /** It was on its way after all: the window begins again. */
  async excuse({ service, site, day }: UnbalancedBook, now: Date): Promise<void> {
    await this.database.query('UPDATE books SET missing_since = $4 WHERE service = $1 AND site = $2 AND day = $3 AND missing <> 0', [service, site, day, now.toISOString()]);
  }
}

/** A service that was away gets the whole window to catch up. */
async function startAnew(tx: Transaction, services: readonly string[], now: Date): Promise<void> {
  if (services.length === 0) return;
  await tx.query('UPDATE books SET missing_since = $2 WHERE service = ANY($1) AND missing <> 0', [services, now.toISOString()]);
}
