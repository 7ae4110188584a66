import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What waits, line by line: looking for what waits for nothing then costs nothing while nothing waits. */
export class WaitInLine1790000000090 implements MigrationInterface {
  readonly name = 'WaitInLine1790000000090';

  async up(runner: QueryRunner): Promise<void> {
    // Empty, it would be so small that reading all of it looked cheap, for as long as the plan made then is kept.
    await runner.query('ALTER TABLE deliveries SET (vacuum_truncate = false)');
    await runner.query('DROP INDEX deliveries_waiting');
    await runner.query('CREATE INDEX deliveries_waiting ON deliveries (connection, action, ordering_key, event_id) WHERE waits');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are forward-only: write a new one.'));
  }
}
