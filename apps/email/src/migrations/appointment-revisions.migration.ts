import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What was sent about each appointment: no personal data, only its key, times and numbers. */
export class AppointmentRevisions1795305600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE appointment_revisions (
        event_id uuid PRIMARY KEY,
        site text NOT NULL,
        appointment_id text NOT NULL,
        sequence bigint NOT NULL,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX appointment_revisions_by_appointment ON appointment_revisions (site, appointment_id, event_id)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
