import { Injectable } from '@nestjs/common';
import { Database, prepared } from '@posthorn/persistence';
import { conditionsOf, type EntryFilter, textConditionsOf } from '../questions/entry.filter.js';

/** An entry as it lies in the log. */
export interface ScannedEntry {
  position: number;
  leaf: string;
  site: string | null;
  /** Whether it has personal values. */
  personal: boolean;
  /** SHA-256, in hex, of data that is beside the log. */
  blob: string | null;
}

/** Positions after the first, up to and with the second. */
export interface Stretch {
  after: number;
  until: number;
}

/** Entries are at most 64 KiB, so that is 16 MiB. */
const ROWS_AT_ONCE = 256;
/** Where few entries pass the filter, so many positions are gone through in one statement: some 100 ms. */
const POSITIONS_AT_ONCE = 50_000;
/** Eight bytes each: up to so many entries are looked up by the index of their filter, more by going through the log. */
const LISTED_AT_MOST = 100_000;

// Ordered by the column, and not by what is selected under the same name: that would be a sort of all there is, each time.
export const IN_ORDER = 'ORDER BY entries.position';
/** Reads a ScannedEntry. */
export const SCANNED = `SELECT position::float8 AS position, leaf, site, person IS NOT NULL AS personal, encode(blob, 'hex') AS blob FROM entries`;
const EVERY = prepared(`${SCANNED} WHERE position > $1 AND position <= $2 ${IN_ORDER} LIMIT ${ROWS_AT_ONCE}`);
const LISTED = prepared(`${SCANNED} WHERE position = ANY($1::bigint[]) ${IN_ORDER}`);

/** Everything is asked for: also what auditors looked at, which a filter leaves out unless it asks for it. */
export const isWhole = (filter: EntryFilter): boolean => Object.keys(filter).length === 0;

/** Goes through the log in order of position, a little at a time: between two batches nothing is open in Postgres. */
@Injectable()
export class EntryScan {
  constructor(private readonly database: Database) {}

  /** About how many entries pass the filter: what Postgres' planner expects. */
  async estimate(filter: EntryFilter, { after, until }: Stretch): Promise<number> {
    if (isWhole(filter)) return until - after;
    // The planner knows nothing of texts, and would take many for few.
    const { clauses, params } = within({ ...filter, text: undefined }, { after, until });
    const [row] = await this.database.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(`EXPLAIN (FORMAT JSON) SELECT FROM entries WHERE ${clauses}`, params);
    return Math.min(row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0, until - after);
  }

  /** The entries that pass, in batches; the next one is on its way while one is worked on. */
  batches(filter: EntryFilter, stretch: Stretch): AsyncGenerator<ScannedEntry[]> {
    return oneAhead(isWhole(filter) ? this.every(stretch) : this.some(filter, stretch));
  }

  private async *every({ after, until }: Stretch): AsyncGenerator<ScannedEntry[]> {
    for (let at = after; at < until; ) {
      const rows = await this.database.query<ScannedEntry>(EVERY, [at, until]);
      if (rows.length === 0) return;
      at = rows.at(-1)?.position ?? until;
      yield rows;
    }
  }

  private async *some(filter: EntryFilter, stretch: Stretch): AsyncGenerator<ScannedEntry[]> {
    const listed = (await this.estimate(filter, stretch)) <= LISTED_AT_MOST ? await this.list(filter, stretch) : undefined;
    if (listed === undefined) {
      yield* this.goThrough(filter, stretch);
      return;
    }
    for (let at = 0; at < listed.length; at += ROWS_AT_ONCE) yield await this.database.query<ScannedEntry>(LISTED, [listed.slice(at, at + ROWS_AT_ONCE)]);
  }

  /** Undefined where there are more than the planner expected. */
  private async list(filter: EntryFilter, stretch: Stretch): Promise<number[] | undefined> {
    const { clauses, params } = within(filter, stretch);
    const [row] = await this.database.query<{ packed: Buffer | null }>(
      `SELECT string_agg(int8send(position), ''::bytea ORDER BY position) AS packed
         FROM (SELECT position FROM entries WHERE ${clauses} LIMIT ${LISTED_AT_MOST + 1}) AS found`,
      params,
    );
    const packed = row?.packed ?? Buffer.alloc(0);
    const count = packed.length / 8;
    return count > LISTED_AT_MOST ? undefined : Array.from({ length: count }, (_, at) => Number(packed.readBigInt64BE(at * 8)));
  }

  private async *goThrough(filter: EntryFilter, { after, until }: Stretch): AsyncGenerator<ScannedEntry[]> {
    for (let at = after; at < until; ) {
      const end = Math.min(until, at + POSITIONS_AT_ONCE);
      const { clauses, params } = within(filter, { after: at, until: end });
      const rows = await this.database.query<ScannedEntry>(`${SCANNED} WHERE ${clauses} ${IN_ORDER} LIMIT ${ROWS_AT_ONCE}`, params);
      at = rows.length < ROWS_AT_ONCE ? end : (rows.at(-1)?.position ?? end);
      if (rows.length > 0) yield rows;
    }
  }
}

function within(filter: EntryFilter, { after, until }: Stretch): { clauses: string; params: unknown[] } {
  const { clauses, params } = conditionsOf(filter);
  const text = filter.text === undefined ? [] : textConditionsOf(filter.text, params);
  return { clauses: [...clauses, ...text, `position > $${params.push(after)}`, `position <= $${params.push(until)}`].join(' AND '), params };
}

async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    for (let coming = source.next(); ; ) {
      const next = await coming;
      if (next.done === true) return;
      coming = source.next();
      // Whoever waits for it hears of a failure; who has gone need not.
      coming.catch(() => undefined);
      yield next.value;
    }
  } finally {
    await source.return(undefined);
  }
}
