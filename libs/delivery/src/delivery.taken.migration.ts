import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Earlier releases kept every event, also of types that the service did not handle. One that it learns to handle must
 * not find its events in the inbox, or they would be taken for done. What was handled has a delivery or is in the books.
 */
export class ForgetWhatNobodyTook1798000000040 implements MigrationInterface {
  readonly name = 'ForgetWhatNobodyTook1798000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM inbox WHERE type NOT IN (SELECT type FROM all_deliveries UNION SELECT type FROM book_counts)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are forward-only: write a new one.'));
  }
}
