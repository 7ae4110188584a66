import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What is finished leaves `deliveries`, so that the work on it costs the same however much was ever done. */
export class CreateArchive1790000000060 implements MigrationInterface {
  readonly name = 'CreateArchive1790000000060';

  async up(runner: QueryRunner): Promise<void> {
    // The UTC day on which an event was accepted: its id begins with the milliseconds since 1970.
    await runner.query(`
      CREATE FUNCTION day_of(event_id uuid) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
      RETURN date '1970-01-01' + (('x' || left(encode(uuid_send(event_id), 'hex'), 12))::bit(48)::bigint / 86400000)::int`);
    await runner.query(`
      CREATE FUNCTION first_id_of(day date) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
      RETURN (lpad(to_hex((day - date '1970-01-01')::bigint * 86400000), 12, '0') || repeat('0', 20))::uuid`);
    await createArchive(runner);
    await createNewest(runner);
    await runner.query(`
      CREATE TABLE book_counts (
        site text NOT NULL,
        day date NOT NULL,
        type text NOT NULL,
        state text NOT NULL CHECK (state IN ('delivered', 'skipped')),
        events bigint NOT NULL,
        PRIMARY KEY (day, site, type, state)
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are forward-only: write a new one.'));
  }
}

async function createArchive(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE deliveries_archive (
      id uuid NOT NULL,
      event_id uuid NOT NULL,
      connection text NOT NULL,
      action text NOT NULL,
      site text NOT NULL,
      type text NOT NULL,
      ordering_key uuid NOT NULL,
      latest_wins boolean NOT NULL,
      state text NOT NULL CHECK (state IN ('delivered', 'skipped')),
      attempts integer NOT NULL,
      fence integer NOT NULL,
      first_attempt_at timestamptz,
      external_id text,
      outcome text,
      facts jsonb,
      error_code text,
      error_message text,
      error_remedy text,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (event_id, connection, action)
    ) PARTITION BY RANGE (event_id)`);
  await runner.query(`CREATE INDEX deliveries_archive_id ON deliveries_archive (id)`);
  await runner.query(`CREATE INDEX deliveries_archive_skipped ON deliveries_archive (event_id, connection, action) WHERE state = 'skipped'`);
  // The archivist's way: each row is looked at when it has been finished for long enough.
  await runner.query(`CREATE INDEX deliveries_finished ON deliveries (updated_at, id) WHERE state IN ('delivered', 'skipped')`);
  const both = `id, event_id, connection, action, site, type, state, attempts, external_id, outcome, facts,
    error_code, error_message, error_remedy, created_at, updated_at`;
  await runner.query(`
    CREATE VIEW all_deliveries AS
      SELECT ${both}, next_attempt_at FROM deliveries UNION ALL SELECT ${both}, updated_at FROM deliveries_archive`);
  // The service's role may not create tables. It may ask for this one kind, by the id of an event it has.
  await runner.query(`SELECT set_config('search_path', current_schema() || ', pg_temp', true)`);
  await runner.query(`
    CREATE FUNCTION make_archive_month(event_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
      month date := date_trunc('month', day_of(event_id))::date;
    BEGIN
      EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF deliveries_archive FOR VALUES FROM (%L) TO (%L)',
        'deliveries_archive_' || to_char(month, 'YYYY_MM'), first_id_of(month), first_id_of((month + interval '1 month')::date));
    END $$`);
}

/** What "latest wins" asks of what was delivered: one row per ordering key, where it may be archived since. */
async function createNewest(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE newest_delivered (
      connection text NOT NULL,
      action text NOT NULL,
      ordering_key uuid NOT NULL,
      event_id uuid NOT NULL,
      PRIMARY KEY (connection, action, ordering_key)
    )`);
  await runner.query(`
    INSERT INTO newest_delivered
    SELECT DISTINCT ON (connection, action, ordering_key) connection, action, ordering_key, event_id
      FROM deliveries WHERE state = 'delivered' AND latest_wins
     ORDER BY connection, action, ordering_key, event_id DESC`);
  await runner.query('DROP INDEX deliveries_latest');
}
