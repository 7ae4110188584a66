import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many entries there are of each sort in each hour, so that a chart of a year reads thousands of rows and not millions. */
export class CountEntries1800000000010 implements MigrationInterface {
  readonly name = 'CountEntries1800000000010';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}

const STATEMENTS = [
  // The first 48 bits of a UUIDv7 are milliseconds.
  `CREATE FUNCTION utc_hour_of(id uuid) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
     SELECT (('x' || encode(substring(uuid_send(id) FROM 1 FOR 6), 'hex'))::bit(48)::bigint / 3600000)::int $$`,
  // Hours since 1970. NULL is a value here: what has no site is one sort of entry.
  `CREATE TABLE entry_counts (
     hour int NOT NULL, kind text NOT NULL COLLATE "C", site text COLLATE "C", type text NOT NULL COLLATE "C",
     service text COLLATE "C", connection text COLLATE "C", outcome text COLLATE "C", entries bigint NOT NULL,
     CONSTRAINT entry_counts_sort UNIQUE NULLS NOT DISTINCT (hour, kind, site, type, service, connection, outcome))`,
  // Up to which position entries are counted.
  'CREATE TABLE entry_counter (id int NOT NULL PRIMARY KEY DEFAULT 1 CHECK (id = 1), position bigint NOT NULL DEFAULT 0)',
  'INSERT INTO entry_counter DEFAULT VALUES',
];
