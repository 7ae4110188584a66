import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is held, refused or unmapped, until somebody decides; and whom it is about. */
export class SetAside1802000000010 implements MigrationInterface {
  readonly name = 'SetAside1802000000010';

  async up(runner: QueryRunner): Promise<void> {
    // `state` is the kind until somebody has decided. `draft` and `reasons` are text: jsonb refuses a \u0000, for which a draft may have been refused.
    await runner.query(`
      CREATE TABLE quarantine (
        id              uuid PRIMARY KEY,
        site            text NOT NULL COLLATE "C",
        channel         text NOT NULL,
        kind            text NOT NULL,
        state           text NOT NULL,
        code            text NOT NULL,
        reasons         text NOT NULL,
        type            text,
        idempotency_key text,
        body_hash       bytea,
        draft           text,
        bytes           int NOT NULL,
        received_at     timestamptz NOT NULL,
        decided_at      timestamptz,
        decided_by      text,
        event_id        uuid)
      WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20, toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 20)`);
    await runner.query('CREATE UNIQUE INDEX quarantine_once ON quarantine (site, idempotency_key) WHERE idempotency_key IS NOT NULL');
    await runner.query('CREATE INDEX quarantine_waiting ON quarantine (site, state, id) INCLUDE (bytes, received_at) WHERE decided_at IS NULL');
    await runner.query('CREATE INDEX quarantine_received ON quarantine (received_at) WHERE decided_at IS NULL');
    await runner.query('CREATE INDEX quarantine_decided ON quarantine (decided_at) WHERE decided_at IS NOT NULL');
    await runner.query('CREATE TABLE quarantine_people (person uuid, id uuid REFERENCES quarantine ON DELETE CASCADE, PRIMARY KEY (person, id))');
    await runner.query('CREATE INDEX quarantine_people_of ON quarantine_people (id)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}
