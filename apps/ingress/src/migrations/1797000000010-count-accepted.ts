import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Each statement that accepts events leaves a line of what it took, in its own transaction: nothing is counted that was
 * not committed, and no clock is asked. Lines are only added, so nobody waits for anybody; the roll-up makes counts of them.
 */
export class CountAccepted1797000000010 implements MigrationInterface {
  readonly name = 'CountAccepted1797000000010';

  async up(runner: QueryRunner): Promise<void> {
    const [{ schema }] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [{ schema: string }];
    for (const statement of statementsIn(schema)) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}

const COUNT = 'utc_day_of(id), site, type, count(*)';

const statementsIn = (schema: string): string[] => [
  // The first 48 bits of a UUIDv7 are milliseconds. Not accepted_at: the id is what every service has.
  `CREATE FUNCTION utc_day_of(id uuid) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
     SELECT date '1970-01-01' + (('x' || encode(substring(uuid_send(id) FROM 1 FOR 6), 'hex'))::bit(48)::bigint / 86400000)::int $$`,
  `CREATE TABLE accepted_counts (
     day      date NOT NULL,
     site     text NOT NULL COLLATE "C",
     type     text NOT NULL COLLATE "C",
     accepted bigint NOT NULL,
     PRIMARY KEY (day, site, type))`,
  // No key: a line lives until the next roll-up. Like unrelayed, it needs more vacuum than the default gives.
  `CREATE TABLE accepted_lines (
     day      date NOT NULL,
     site     text NOT NULL COLLATE "C",
     type     text NOT NULL COLLATE "C",
     accepted bigint NOT NULL)
   WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0)`,
  // Names with their schema: a search_path of its own would cost more than all the rest of it.
  `CREATE FUNCTION note_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       INSERT INTO ${schema}.accepted_lines SELECT ${schema}.${COUNT} FROM accepted_now GROUP BY 1, 2, 3;
       RETURN NULL;
     END $$`,
  // Keeps others from writing to the ledger until this migration has committed, so that the count misses none.
  `CREATE TRIGGER note_accepted AFTER INSERT ON ledger REFERENCING NEW TABLE AS accepted_now
     FOR EACH STATEMENT EXECUTE FUNCTION note_accepted()`,
  `INSERT INTO accepted_counts SELECT ${COUNT} FROM ledger GROUP BY 1, 2, 3`,
];
