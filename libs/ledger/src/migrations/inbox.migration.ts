import type { MigrationInterface, QueryRunner } from 'typeorm';
import { RECONCILIATION_MIGRATIONS } from '../reconciliation/reconciliation.migration.js';

export class CreateInbox1790000000020 implements MigrationInterface {
  readonly name = 'CreateInbox1790000000020';

  async up(runner: QueryRunner): Promise<void> {
    // json rather than jsonb: kept as received, a \u0000 in a form field included.
    await runner.query(`
      CREATE TABLE inbox (
        event_id    uuid PRIMARY KEY,
        site        text NOT NULL,
        type        text NOT NULL,
        accepted_at timestamptz NOT NULL,
        envelope    json NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}

/** The key says the type as well: it is compared by type, from the index alone. */
export class KeepTypeInInboxKey1798000000020 implements MigrationInterface {
  readonly name = 'KeepTypeInInboxKey1798000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE inbox DROP CONSTRAINT inbox_pkey, ADD PRIMARY KEY (event_id) INCLUDE (type)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}

/** For a service that subscribes. */
export const INBOX_MIGRATIONS = [CreateInbox1790000000020, ...RECONCILIATION_MIGRATIONS, KeepTypeInInboxKey1798000000020];
