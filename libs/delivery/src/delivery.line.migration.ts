import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Of one ordering key, one delivery is under way. Two claims that run at the same time cannot see each other; when an
 * earlier event arrives at that very moment, both could take one of the same key. Postgres sees them.
 */
export class OneAtWork1790000000080 implements MigrationInterface {
  readonly name = 'OneAtWork1790000000080';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX deliveries_attempting');
    await runner.query(`CREATE UNIQUE INDEX deliveries_attempting ON deliveries (connection, action, ordering_key) WHERE state = 'attempting'`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are forward-only: write a new one.'));
  }
}
