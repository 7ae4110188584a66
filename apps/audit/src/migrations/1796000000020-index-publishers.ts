import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexPublishers1796000000020 implements MigrationInterface {
  readonly name = 'IndexPublishers1796000000020';

  async up(queryRunner: QueryRunner): Promise<void> {
    // A comparison with one service reads its entries of a span of time, however many the others have written.
    await queryRunner.query("CREATE INDEX entries_publisher ON entries ((CASE kind WHEN 'event' THEN 'ingress' ELSE service END), id)");
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}
