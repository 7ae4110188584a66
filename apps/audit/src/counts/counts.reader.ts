import { Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import type { Auditor } from '../questions/auditor.js';
import { type CountsQuestion, timeOfHour } from './counts.query.js';
import { SORT } from './entry.counter.js';

/** So many entries that nobody has counted yet are counted with the question; a log is counted within seconds. */
const UNCOUNTED_AT_MOST = 50_000;

/** How many entries a bucket has, of one group; buckets and groups that have none are left out. */
export interface Count {
  /** When the bucket begins, in UTC. */
  at: string;
  /** The site, type, outcome …, by what was asked for; null for entries that have none. */
  of?: string | null;
  entries: number;
}

export interface Counts {
  /** Entries up to this position are in it. */
  position: number;
  counts: Count[];
}

/** Counts entries, for an auditor those they may see, without reading them. */
@Injectable()
export class CountsReader {
  constructor(private readonly database: Database) {}

  async read(auditor: Auditor, { filter, group, from, to, hoursEach }: CountsQuestion): Promise<Counts> {
    const { site, kind, ...others } = filter;
    const params: unknown[] = [from, to, hoursEach, auditor.sitesFor(site) ?? null, kind ?? null];
    const clauses = Object.entries(others).map(([column, value]) => `AND ${column} = $${params.push(value)}`);
    const of = group ?? 'NULL::text';
    const rows = await this.database.query<{ position: number; bucket: number | null; of: string | null; entries: number }>(
      `WITH counted AS (SELECT position, least(position + ${UNCOUNTED_AT_MOST}, (SELECT coalesce(max(position), 0) FROM entries)) AS until FROM entry_counter),
            known AS (
              SELECT hour, ${SORT}, entries FROM entry_counts
              UNION ALL SELECT utc_hour_of(id), ${SORT}, 1 FROM entries, counted WHERE entries.position > counted.position AND entries.position <= counted.until),
            found AS (
              SELECT hour / $3::int * $3 AS bucket, ${of} AS of, sum(entries)::float8 AS entries FROM known
               WHERE hour >= $1 AND hour < $2 AND ($4::text[] IS NULL OR site = ANY($4)) AND CASE WHEN $5::text IS NULL THEN kind <> 'access' ELSE kind = $5 END ${clauses.join(' ')}
               GROUP BY 1, 2)
       SELECT counted.until::float8 AS position, found.* FROM counted LEFT JOIN found ON true ORDER BY bucket, of`,
      params,
    );
    const counts = rows.flatMap(({ bucket, of: one, entries }) => (bucket === null ? [] : [{ at: timeOfHour(bucket), ...(group === undefined ? {} : { of: one }), entries }]));
    return { position: rows[0]?.position ?? 0, counts };
  }
}
