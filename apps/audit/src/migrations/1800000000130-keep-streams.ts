import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far each receiver of a stream has the log. */
export class KeepStreams1800000000130 implements MigrationInterface {
  readonly name = 'KeepStreams1800000000130';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE log_streams (
        stream          text        NOT NULL PRIMARY KEY COLLATE "C",
        position        bigint      NOT NULL DEFAULT 0,
        acknowledged_at timestamptz,
        leased_by       uuid        NOT NULL,
        leased_until    timestamptz NOT NULL)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}
