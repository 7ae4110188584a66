import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was asked to be forgotten, who has said that it is, and what of it the log itself could not forget yet. */
export class FollowErasures1800000000120 implements MigrationInterface {
  readonly name = 'FollowErasures1800000000120';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}

const STATEMENTS = [
  // A row for each request. `events`: how many of each type; `people`: whose keys it destroyed; `unlisted`: entries of
  // these people that the request did not name, and that went with the key; `unable`: services that do not erase.
  `CREATE TABLE erasures (
     id           uuid        NOT NULL PRIMARY KEY,
     correlation  text        NOT NULL COLLATE "C",
     site         text        NOT NULL COLLATE "C",
     cause        text        NOT NULL,
     events       jsonb       NOT NULL,
     people       int         NOT NULL,
     unlisted     int         NOT NULL,
     position     bigint      NOT NULL,
     recorded_at  timestamptz NOT NULL,
     certified_at timestamptz,
     outcome_id   uuid,
     unable       text[])`,
  'CREATE INDEX erasures_correlation ON erasures (correlation)',
  'CREATE INDEX erasures_open ON erasures (id) WHERE certified_at IS NULL',
  // No reference to the request: what a service says can be recorded before what it was asked.
  `CREATE TABLE erasure_steps (
     request  uuid        NOT NULL,
     place    text        NOT NULL COLLATE "C",
     entry    uuid        NOT NULL,
     position bigint      NOT NULL,
     told_at  timestamptz NOT NULL,
     facts    jsonb       NOT NULL,
     PRIMARY KEY (request, place))`,
  // To be forgotten, but not recorded yet, or sealed with a key that the person's later events still need.
  'CREATE TABLE listed_events (id uuid NOT NULL PRIMARY KEY, site text NOT NULL COLLATE "C", request uuid NOT NULL)',
  'CREATE INDEX listed_events_request ON listed_events (request)',
];
