import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How much callers have sent lately. */
export class LimitCallers1802000000030 implements MigrationInterface {
  readonly name = 'LimitCallers1802000000030';

  async up(runner: QueryRunner): Promise<void> {
    // Not logged: after a crash everybody may begin anew, and no request waits for a disk.
    await runner.query(`
      CREATE UNLOGGED TABLE rate_limits (
        bucket  text PRIMARY KEY,
        full_at timestamptz NOT NULL,
        granted float8 NOT NULL) WITH (fillfactor = 50)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}
