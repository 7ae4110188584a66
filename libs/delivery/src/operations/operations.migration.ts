import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What operators ordered, and the way to what they look for. */
export class CreateOperations1790000000050 implements MigrationInterface {
  readonly name = 'CreateOperations1790000000050';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE connection_controls (
        connection text PRIMARY KEY,
        isolated boolean NOT NULL,
        reason text,
        actor text NOT NULL,
        -- A UUIDv7: the newest order holds, and one that is heard twice is carried out once.
        operation uuid NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE redeliveries (
        id uuid PRIMARY KEY,
        actor text NOT NULL,
        filter jsonb NOT NULL,
        per_second integer NOT NULL,
        state text NOT NULL CHECK (state IN ('running', 'finished', 'stopped')),
        -- connection → { site, matched, redelivered, refused }
        shares jsonb NOT NULL,
        -- What changed later is not touched: a delivery that dies again is not sent round and round.
        started_at timestamptz NOT NULL,
        next_batch_at timestamptz NOT NULL,
        ended_at timestamptz,
        stopped_by text,
        after_event uuid,
        after_connection text,
        after_action text
      )`);
    await runner.query(`CREATE INDEX redeliveries_running ON redeliveries (next_batch_at) WHERE state = 'running'`);
    await runner.query(`
      CREATE INDEX deliveries_redeliverable ON deliveries (event_id, connection, action) WHERE state IN ('dead', 'held', 'skipped')`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are forward-only: write a new one.'));
  }
}
