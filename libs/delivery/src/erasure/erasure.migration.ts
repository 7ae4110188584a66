import { type MigrationInterface, type QueryRunner } from 'typeorm';

const DELIVERIES = `'pending', 'attempting', 'retrying', 'unknown', 'delivered', 'dead', 'held', 'skipped', 'erased'`;
const FINISHED = `'delivered', 'skipped', 'erased'`;

/** A delivery can be forgotten, and whoever is about to be is not written to meanwhile. */
export class EraseEvents1800000000040 implements MigrationInterface {
  readonly name = 'EraseEvents1800000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check,
        ADD CONSTRAINT deliveries_state_check CHECK (state IN (${DELIVERIES}))`);
    // Not looked at again: what was allowed before is allowed still, and the archive may be large.
    await runner.query(`
      ALTER TABLE deliveries_archive DROP CONSTRAINT deliveries_archive_state_check,
        ADD CONSTRAINT deliveries_archive_state_check CHECK (state IN (${FINISHED})) NOT VALID`);
    await runner.query(`
      ALTER TABLE book_counts DROP CONSTRAINT book_counts_state_check,
        ADD CONSTRAINT book_counts_state_check CHECK (state IN (${FINISHED}))`);
    await runner.query('DROP INDEX deliveries_finished');
    await runner.query(`CREATE INDEX deliveries_finished ON deliveries (updated_at, id) WHERE state IN (${FINISHED})`);
    // Whom a provider is still to erase, by a digest of their address: deliveries about them wait. Empty, nearly always.
    await runner.query(`
      CREATE TABLE erasing_people (
        request uuid NOT NULL,
        connection text NOT NULL,
        person uuid NOT NULL,
        PRIMARY KEY (connection, request, person)
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are forward-only: write a new one.'));
  }
}
