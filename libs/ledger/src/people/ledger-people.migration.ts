import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whom an accepted event is about. What was accepted before, and what replicas of the release before accept during its
 * last day, is caught up with by the service: it may be much, and nobody is to wait for it.
 */
export class CreateLedgerPeople1801000000010 implements MigrationInterface {
  readonly name = 'CreateLedgerPeople1801000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE ledger_people (person uuid, id uuid, PRIMARY KEY (person, id))');
    await runner.query('CREATE TABLE ledger_people_catch_up (caught_up_to uuid NOT NULL, until timestamptz NOT NULL)');
    await runner.query(`
      INSERT INTO ledger_people_catch_up
      SELECT '00000000-0000-0000-0000-000000000000', now() + interval '1 day' WHERE EXISTS (SELECT FROM ledger)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}

/**
 * By default a table is vacuumed when a fifth of it is dead, and what was erased would stand in a large ledger for years. Hardly
 * anything else makes rows of it dead.
 */
export class VacuumErased1801000000030 implements MigrationInterface {
  readonly name = 'VacuumErased1801000000030';

  async up(runner: QueryRunner): Promise<void> {
    const [scale, threshold] = ['autovacuum_vacuum_scale_factor = 0', 'autovacuum_vacuum_threshold = 20'];
    await runner.query(`ALTER TABLE ledger SET (${scale}, ${threshold}, toast.${scale}, toast.${threshold})`);
    await runner.query(`ALTER TABLE ledger_people SET (${scale}, ${threshold})`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}

/** For a ledger of which a person's events can be erased. */
export const LEDGER_PEOPLE_MIGRATIONS = [CreateLedgerPeople1801000000010, VacuumErased1801000000030];
