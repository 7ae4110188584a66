import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateEntries1795000000000 implements MigrationInterface {
  readonly name = 'CreateEntries1795000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLE);
    for (const index of INDEXES) await queryRunner.query(index);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}

// `envelope` is text, not jsonb: it keeps the very bytes that were written, which is what can be hashed.
// `personal` stands apart, so that it can be erased while the entry stays.
const TABLE = `
  CREATE TABLE entries (
    position    bigint      NOT NULL PRIMARY KEY,
    id          uuid        NOT NULL CONSTRAINT entries_id UNIQUE,
    kind        text        NOT NULL CHECK (kind IN ('event', 'outcome')),
    site        text        NOT NULL COLLATE "C",
    type        text        NOT NULL COLLATE "C",
    service     text        COLLATE "C",
    connection  text        COLLATE "C",
    outcome     text        COLLATE "C",
    event_id    uuid,
    correlation text        NOT NULL COLLATE "C",
    causation   uuid,
    recorded_at timestamptz NOT NULL,
    envelope    text        NOT NULL,
    personal    text
  )`;

// Ids are UUIDv7, so their order is that of time: each index answers a filter, a span of time and the order of
// the page in one, and a page costs the same however long the log is.
const INDEXES = [
  'CREATE INDEX entries_site ON entries (site, id)',
  'CREATE INDEX entries_site_type ON entries (site, type, id)',
  'CREATE INDEX entries_type ON entries (type, id)',
  'CREATE INDEX entries_service ON entries (service, site, id) WHERE service IS NOT NULL',
  'CREATE INDEX entries_connection ON entries (connection, id) WHERE connection IS NOT NULL',
  'CREATE INDEX entries_outcome ON entries (outcome, id) WHERE outcome IS NOT NULL',
  'CREATE INDEX entries_event ON entries (event_id, id) WHERE event_id IS NOT NULL',
  'CREATE INDEX entries_correlation ON entries (correlation, id)',
  "CREATE INDEX entries_causation ON entries (causation) WHERE kind = 'event' AND causation IS NOT NULL",
];
