import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateLedger1790000000010 implements MigrationInterface {
  readonly name = 'CreateLedger1790000000010';

  async up(runner: QueryRunner): Promise<void> {
    // `envelope` is text: it is published as it was accepted, byte for byte, and jsonb refuses a \u0000.
    await runner.query(`
      CREATE TABLE ledger (
        id              uuid PRIMARY KEY,
        site            text NOT NULL,
        type            text NOT NULL,
        subject         text NOT NULL,
        envelope        text NOT NULL,
        idempotency_key text,
        body_hash       bytea,
        accepted_at     timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX ledger_idempotency ON ledger (site, idempotency_key) WHERE idempotency_key IS NOT NULL`);
    // Every row lives for milliseconds, so dead ones pile up faster than the default settings expect.
    await runner.query(`
      CREATE TABLE unrelayed (id uuid PRIMARY KEY)
      WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}

/** Who takes some types asks about these alone, and is answered from the key. */
export class KeepTypeInLedgerKey1798000000030 implements MigrationInterface {
  readonly name = 'KeepTypeInLedgerKey1798000000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE ledger DROP CONSTRAINT ledger_pkey, ADD PRIMARY KEY (id) INCLUDE (type)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}

/** For a service that publishes: its ledger (of events or, as an outbox, of outcomes). */
export const LEDGER_MIGRATIONS = [CreateLedger1790000000010, KeepTypeInLedgerKey1798000000030];
