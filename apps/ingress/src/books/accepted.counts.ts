import { Injectable } from '@nestjs/common';
import { type AcceptedAnswer, bookPage, type BookQuestion, MAX_BOOK_ROWS } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import { SERVICE } from '../config.js';

const LINES_AT_ONCE = 10_000;

// SKIP LOCKED gives each replica its own lines; in one order everywhere, so that they do not wait for each other's counts.
const ROLL_UP = `
  WITH taken AS (
    DELETE FROM accepted_lines WHERE ctid = ANY (ARRAY(SELECT ctid FROM accepted_lines LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING day, site, type, accepted
  ), counted AS (
    INSERT INTO accepted_counts AS known (day, site, type, accepted)
    SELECT day, site, type, sum(accepted) FROM taken GROUP BY day, site, type ORDER BY day, site, type
    ON CONFLICT (day, site, type) DO UPDATE SET accepted = known.accepted + EXCLUDED.accepted
  )
  SELECT count(*)::int AS lines FROM taken`;

// One statement, one snapshot: a line is in one of the two tables, never in both and never in none.
const ACCEPTED = `
  SELECT day::text AS day, site, type, sum(accepted)::float8 AS accepted
    FROM (SELECT * FROM accepted_counts UNION ALL SELECT * FROM accepted_lines) AS both_tables
   WHERE day BETWEEN $1 AND $2 AND ($3::text IS NULL OR site = $3) AND ($4::date IS NULL OR (day, site) > ($4::date, $5::text))
   GROUP BY day, site, type ORDER BY day, site, type LIMIT $6`;

/** How many events were accepted, by day, site and type: exact at any moment, and cheap however many there are. */
@Injectable()
export class AcceptedCounts {
  constructor(private readonly database: Database) {}

  /** Makes counts of lines; answers how many lines there were. */
  async rollUp(): Promise<number> {
    let all = 0;
    for (let lines = LINES_AT_ONCE; lines === LINES_AT_ONCE; all += lines) {
      [{ lines } = { lines: 0 }] = await this.database.query<{ lines: number }>(ROLL_UP, [LINES_AT_ONCE]);
    }
    return all;
  }

  async of({ from, until, site, after }: BookQuestion): Promise<AcceptedAnswer> {
    const asOf = new Date().toISOString();
    const params = [from, until, site ?? null, after?.day ?? null, after?.site ?? null, MAX_BOOK_ROWS + 1];
    const rows = await this.database.query<AcceptedAnswer['rows'][number]>(ACCEPTED, params);
    return { service: SERVICE, asOf, ...bookPage(rows) };
  }
}
