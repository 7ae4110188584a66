import type { MigrationInterface, QueryRunner } from 'typeorm';

export class DateTakenTypes1797000000040 implements MigrationInterface {
  readonly name = 'DateTakenTypes1797000000040';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Types that a release taught a service: the first whole day on which it took them. Those it always took are not in it.
    await queryRunner.query(`ALTER TABLE book_services ADD COLUMN type_days jsonb NOT NULL DEFAULT '{}'`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}
