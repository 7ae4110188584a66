import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { CreateArchive1790000000060 } from './archive/archive.migration.js';
import { CreateCircuits1790000000070 } from './circuits/circuits.migration.js';
import { OneAtWork1790000000080 } from './delivery.line.migration.js';
import { ForgetWhatNobodyTook1798000000040 } from './delivery.taken.migration.js';
import { WaitInLine1790000000090 } from './delivery.waiting.migration.js';
import { EraseEvents1800000000040 } from './erasure/erasure.migration.js';
import { CreateOperations1790000000050 } from './operations/operations.migration.js';

/** The indexes are partial: their size follows the work that is open, not the work that was done. */
export class CreateDeliveries1790000000030 implements MigrationInterface {
  readonly name = 'CreateDeliveries1790000000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE deliveries (
        id uuid PRIMARY KEY,
        event_id uuid NOT NULL,
        connection text NOT NULL,
        action text NOT NULL,
        site text NOT NULL,
        type text NOT NULL,
        -- A digest: keys are often a person's address.
        ordering_key uuid NOT NULL,
        latest_wins boolean NOT NULL,
        state text NOT NULL CHECK (state IN ('pending', 'attempting', 'retrying', 'unknown', 'delivered', 'dead', 'held', 'skipped')),
        -- An earlier delivery of the ordering key is open: not worth looking at until that one is done.
        waits boolean NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        -- Counts claims, and unlike attempts never goes back: a settlement names the claim it belongs to.
        fence integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        lease_until timestamptz,
        first_attempt_at timestamptz,
        external_id text,
        outcome text,
        facts jsonb,
        error_code text,
        error_message text,
        error_remedy text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (event_id, connection, action)
      ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`);
    await runner.query(`
      CREATE INDEX deliveries_due ON deliveries (connection, next_attempt_at, event_id)
        WHERE state IN ('pending', 'retrying', 'unknown') AND NOT waits`);
    await runner.query(`
      CREATE INDEX deliveries_line ON deliveries (connection, action, ordering_key, event_id)
        WHERE state IN ('pending', 'retrying', 'unknown', 'attempting')`);
    await runner.query(`CREATE INDEX deliveries_waiting ON deliveries (connection) WHERE waits`);
    await runner.query(`CREATE INDEX deliveries_attempting ON deliveries (connection, action, ordering_key) WHERE state = 'attempting'`);
    await runner.query(`
      CREATE INDEX deliveries_latest ON deliveries (connection, action, ordering_key, event_id)
        WHERE state = 'delivered' AND latest_wins`);
    await runner.query(`CREATE INDEX deliveries_dead_letters ON deliveries (connection, state, updated_at) WHERE state IN ('dead', 'held')`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are forward-only: write a new one.'));
  }
}

export const DELIVERY_MIGRATIONS: (new () => MigrationInterface)[] = [
  CreateDeliveries1790000000030,
  CreateOperations1790000000050,
  CreateArchive1790000000060,
  CreateCircuits1790000000070,
  OneAtWork1790000000080,
  WaitInLine1790000000090,
  ForgetWhatNobodyTook1798000000040,
  EraseEvents1800000000040,
];
