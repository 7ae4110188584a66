import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When each source of webhooks was heard last, and which of a sender's ids follows which. */
export class ReceiveWebhooks1802000000040 implements MigrationInterface {
  readonly name = 'ReceiveWebhooks1802000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE webhook_sources (source text PRIMARY KEY, heard_at timestamptz NOT NULL)');
    await runner.query('CREATE TABLE webhook_lineage (source text, id text, follows text NOT NULL, PRIMARY KEY (source, id))');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}
