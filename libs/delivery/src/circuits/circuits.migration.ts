import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What one replica has found out about a connection's provider, for the others. */
export class CreateCircuits1790000000070 implements MigrationInterface {
  readonly name = 'CreateCircuits1790000000070';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE connection_circuits (
        connection text PRIMARY KEY,
        state text NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'parked')),
        reason text,
        failures integer NOT NULL DEFAULT 0,
        -- Counts decisions. One that was made without knowing the newest is not written.
        revision integer NOT NULL DEFAULT 0,
        -- From then on one replica may test the provider.
        open_until timestamptz,
        -- Until then one does, and no other.
        probed_until timestamptz,
        -- When the credentials of a connection without other calls are checked.
        check_at timestamptz NOT NULL DEFAULT now(),
        changed_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are forward-only: write a new one.'));
  }
}
