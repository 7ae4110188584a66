import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the people whose keys are wrapped with a key that is to be replaced. */
export class IndexWrappingKeys1800000000140 implements MigrationInterface {
  readonly name = 'IndexWrappingKeys1800000000140';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX people_key ON people (key_id)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}
