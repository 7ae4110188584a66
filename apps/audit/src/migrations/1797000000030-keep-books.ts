import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeepBooks1797000000030 implements MigrationInterface {
  readonly name = 'KeepBooks1797000000030';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}

const KEY = 'day date NOT NULL, site text NOT NULL COLLATE "C", service text NOT NULL COLLATE "C"';
const NUMBERS = ['accepted', 'delivered', 'in_progress', 'held', 'dead', 'skipped', 'erased'].map((name) => `${name} bigint NOT NULL DEFAULT 0`).join(', ');
const MISSING = 'missing bigint NOT NULL GENERATED ALWAYS AS (accepted - delivered - in_progress - held - dead - skipped - erased) STORED';

const STATEMENTS = [
  // The first 48 bits of a UUIDv7 are milliseconds.
  `CREATE FUNCTION utc_day_of(id uuid) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
     SELECT date '1970-01-01' + (('x' || encode(substring(uuid_send(id) FROM 1 FOR 6), 'hex'))::bit(48)::bigint / 86400000)::int $$`,
  // Which replica keeps the books, and up to which position of the log its events are counted.
  `CREATE TABLE book_keeper (
     one          boolean PRIMARY KEY DEFAULT true CHECK (one),
     position     bigint NOT NULL DEFAULT 0,
     leased_by    uuid,
     leased_until timestamptz NOT NULL DEFAULT '-infinity')`,
  'INSERT INTO book_keeper DEFAULT VALUES',
  `CREATE TABLE recorded_counts (
     day date NOT NULL, site text NOT NULL COLLATE "C", type text NOT NULL COLLATE "C", events bigint NOT NULL, PRIMARY KEY (day, site, type))`,
  // history_as_of: of the days before yesterday, which are asked for less often.
  `CREATE TABLE book_services (
     service text PRIMARY KEY COLLATE "C", types text[], since timestamptz, as_of timestamptz NOT NULL, history_as_of timestamptz NOT NULL)`,
  `CREATE TABLE books (${KEY}, ${NUMBERS}, ${MISSING}, missing_since timestamptz, differs boolean NOT NULL DEFAULT false, PRIMARY KEY (day, site, service))`,
  'CREATE INDEX books_unbalanced ON books (service) WHERE missing <> 0 OR differs',
  `CREATE TABLE book_closings (${KEY}, ${NUMBERS}, ${MISSING}, closed_at timestamptz NOT NULL, outcome_id uuid NOT NULL, PRIMARY KEY (day, site, service))`,
];
