import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Challenges that were solved, and what for: each counts once. */
export class SpendChallenges1802000000050 implements MigrationInterface {
  readonly name = 'SpendChallenges1802000000050';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE spent_challenges (
        digest     bytea PRIMARY KEY,
        spent_on   text NOT NULL,
        expires_at timestamptz NOT NULL)`);
    await runner.query('CREATE INDEX spent_challenges_expiry ON spent_challenges (expires_at)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}
