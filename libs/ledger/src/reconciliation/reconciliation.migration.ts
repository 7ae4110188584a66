import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateReconciliation1796000000010 implements MigrationInterface {
  readonly name = 'CreateReconciliation1796000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE reconciliation (
        publisher    text PRIMARY KEY,
        since        timestamptz NOT NULL,
        agreed_until timestamptz NOT NULL,
        leased_by    uuid,
        leased_until timestamptz NOT NULL DEFAULT '-infinity'
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}

/** Up to when each type is agreed on, for a subscriber that does not take all of them. */
export class AgreeByType1798000000010 implements MigrationInterface {
  readonly name = 'AgreeByType1798000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE reconciliation ADD COLUMN agreed jsonb');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}

/** For a subscriber that keeps its own tables instead of the inbox; INBOX_MIGRATIONS has it already. */
export const RECONCILIATION_MIGRATIONS = [CreateReconciliation1796000000010, AgreeByType1798000000010];
