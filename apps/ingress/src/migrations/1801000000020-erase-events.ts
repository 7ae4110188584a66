import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is still to be done about an erasure after its commit, and how far each rule of retention has come. */
export class EraseEvents1801000000020 implements MigrationInterface {
  readonly name = 'EraseEvents1801000000020';

  async up(runner: QueryRunner): Promise<void> {
    // Requests whose events' messages NATS may still have; `messages` counts those overwritten so far.
    await runner.query(`
      CREATE TABLE transport_erasures (
        request       uuid PRIMARY KEY,
        messages      int NOT NULL DEFAULT 0,
        claimed_until timestamptz NOT NULL DEFAULT '-infinity')`);
    await runner.query(`
      CREATE TABLE retention_marks (
        site         text NOT NULL,
        rule         text NOT NULL,
        erased_up_to uuid NOT NULL,
        PRIMARY KEY (site, rule))`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}
