import type { BookIdsAnswer, BookIdsQuestion, MinuteDigest } from '@posthorn/contracts';
import type { Querying } from '../ledger.statement.js';
import type { IdRange } from './id.range.js';

/** Keeps the answer far below the megabyte that NATS carries. */
const MAX_BOOK_IDS = 10_000;

/** Where ids are kept: a column that is the table's key, or the last column of an index whose first is `only.column`. */
export interface IdSource {
  table: string;
  id: string;
  /** Only the rows in which this SQL expression has this value. */
  only?: { expression: string; value: string };
  /** Only the rows of these types, for a table with this column; its key includes the column, so that the index has it. */
  types?: readonly string[];
}

/**
 * What a ledger or an inbox holds, by id. All of it is answered from an index: the time is a part of each id, and so
 * are the bits that a digest is made of. A hash of Postgres would not do, for the two sides need not be the same release.
 */
export class IdTable {
  constructor(
    private readonly database: Querying,
    private readonly source: IdSource,
  ) {}

  /** Where a range ends that has no more than so many ids. */
  async endOf({ from, until }: IdRange, limit: number): Promise<string> {
    const { id } = this.source;
    const [row] = await this.database.query<{ id: string }>(
      `SELECT ${id} AS id FROM ${this.rows()} ORDER BY ${id} OFFSET $${this.values(from, until).length + 1} LIMIT 1`,
      [...this.values(from, until), limit],
    );
    return row?.id ?? until;
  }

  /** Count and exclusive or per minute, in the order of time; a minute without ids is left out. */
  minutes({ from, until }: IdRange): Promise<MinuteDigest[]> {
    return this.database.query<MinuteDigest>(this.minutesStatement(), this.values(from, until));
  }

  /** Public, so that a test can ask Postgres what it costs. */
  minutesStatement(): string {
    return `
      SELECT minute::int AS minute, count(*)::int AS count, lpad(to_hex(bit_xor(bits)), 16, '0') AS xor
        FROM (SELECT ('x' || left(hex, 12))::bit(48)::bigint / 60000 AS minute, ('x' || right(hex, 16))::bit(64)::bigint AS bits
                FROM (SELECT encode(uuid_send(${this.source.id}), 'hex') AS hex FROM ${this.rows()}) AS ids) AS parts
       GROUP BY minute ORDER BY minute`;
  }

  async ids({ from, until }: IdRange): Promise<string[]> {
    const { id } = this.source;
    const rows = await this.database.query<{ id: string }>(`SELECT ${id} AS id FROM ${this.rows()} ORDER BY ${id}`, this.values(from, until));
    return rows.map((row) => row.id);
  }

  /** Those of a site and of some types, for a table with these columns; it reads the rows and is for what is rare. */
  async book({ from, until, site, types }: BookIdsQuestion, limit = MAX_BOOK_IDS): Promise<BookIdsAnswer> {
    const { id } = this.source;
    const values = this.values(from, until);
    const wanted = [site === undefined ? '' : ` AND site = $${values.push(site)}`, types === undefined ? '' : ` AND type = ANY($${values.push([...types])}::text[])`];
    const rows = await this.database.query<{ id: string }>(`SELECT ${id} AS id FROM ${this.rows()}${wanted.join('')} ORDER BY ${id} LIMIT $${values.push(limit + 1)}`, values);
    return { until: rows[limit]?.id ?? until, ids: rows.slice(0, limit).map((row) => row.id) };
  }

  /** Those of the ids that the table does not have, in ascending order. */
  async missing(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const { table, id } = this.source;
    const rows = await this.database.query<{ id: string }>(
      `SELECT asked.id FROM unnest($1::uuid[]) AS asked (id)
        WHERE NOT EXISTS (SELECT FROM ${table} WHERE ${table}.${id} = asked.id) ORDER BY asked.id`,
      [ids],
    );
    return rows.map((row) => row.id);
  }

  private rows(): string {
    const { table, id, only, types } = this.source;
    const wanted = [only === undefined ? '' : ` AND ${only.expression} = $3`, types === undefined ? '' : ` AND type = ANY($${only === undefined ? 3 : 4}::text[])`];
    return `${table} WHERE ${id} >= $1::uuid AND ${id} < $2::uuid${wanted.join('')}`;
  }

  private values(from: string, until: string): unknown[] {
    const { only, types } = this.source;
    return [from, until, ...(only === undefined ? [] : [only.value]), ...(types === undefined ? [] : [[...types]])];
  }
}
