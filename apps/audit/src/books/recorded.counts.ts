import { Injectable } from '@nestjs/common';
import type { BookRow } from '@posthorn/contracts';
import { Database, type Transaction } from '@posthorn/persistence';
import { SERVICE } from '../config.js';
import type { KeptEvents } from './book.js';
import type { Days } from './book.inquiry.js';

const POSITIONS_AT_ONCE = 20_000;

// Positions are given in the order of commits and without a gap, so what is below the highest is there for good.
const COUNT = `
  INSERT INTO recorded_counts AS known (day, site, type, events)
  SELECT utc_day_of(id), site, type, count(*) FROM entries
   WHERE position > $1 AND position <= $2 AND kind = 'event' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (day, site, type) DO UPDATE SET events = known.events + EXCLUDED.events`;

/** The log's own book: an event that is in it is delivered. */
@Injectable()
export class RecordedCounts {
  constructor(private readonly database: Database) {}

  /** Counts what the log has gained. Any replica may, at any time: the position moves with the counts. */
  async count(): Promise<void> {
    for (let more = true; more; ) more = await this.database.transaction((tx) => this.countSome(tx));
  }

  async kept({ from, until }: Days, now: Date): Promise<KeptEvents> {
    const [known] = await this.database.query<{ since: Date }>("SELECT since FROM reconciliation WHERE publisher = 'ingress'");
    const rows = await this.database.query<BookRow>(
      `SELECT day::text AS day, site, type, events::float8 AS delivered, 0 AS "inProgress", 0 AS held, 0 AS dead, 0 AS skipped, 0 AS erased
         FROM recorded_counts WHERE day BETWEEN $1 AND $2`,
      [from, until],
    );
    return { service: SERVICE, asOf: now.toISOString(), types: null, since: known?.since.toISOString(), rows };
  }

  private async countSome(tx: Transaction): Promise<boolean> {
    const [keeper] = await tx.query<{ position: string }>('SELECT position FROM book_keeper FOR UPDATE');
    const counted = Number(keeper?.position ?? 0);
    const [highest] = await tx.query<{ position: string | null }>('SELECT max(position) AS position FROM entries');
    const until = Math.min(Number(highest?.position ?? 0), counted + POSITIONS_AT_ONCE);
    if (until <= counted) return false;
    await tx.query(COUNT, [counted, until]);
    await tx.query('UPDATE book_keeper SET position = $1', [until]);
    return until === counted + POSITIONS_AT_ONCE;
  }
}
