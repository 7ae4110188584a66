import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The signed sizes and roots of the log, and who else has signed them. */
export class KeepCheckpoints1799000000050 implements MigrationInterface {
  readonly name = 'KeepCheckpoints1799000000050';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}

const STATEMENTS = [
  // Each checkpoint was compared with the one before it, and only one may follow on each: so no two replicas can sign
  // two trees that have a beginning in common and then part.
  `CREATE TABLE checkpoints (
     origin    text        NOT NULL COLLATE "C",
     size      bigint      NOT NULL CHECK (size > previous),
     previous  bigint      NOT NULL,
     root      bytea       NOT NULL CHECK (length(root) = 32),
     note      text        NOT NULL,
     signed_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (origin, size),
     CONSTRAINT checkpoints_follow_one UNIQUE (origin, previous))`,
  `CREATE TABLE cosignatures (
     origin      text        NOT NULL COLLATE "C",
     size        bigint      NOT NULL,
     witness     text        NOT NULL COLLATE "C",
     line        text        NOT NULL,
     received_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (origin, size, witness),
     FOREIGN KEY (origin, size) REFERENCES checkpoints)`,
  'CREATE INDEX cosignatures_witness ON cosignatures (origin, witness, size)',
  // No part of the log: what was last said about it, so that it is said once.
  'CREATE TABLE log_standing (id int NOT NULL PRIMARY KEY DEFAULT 1 CHECK (id = 1), code text)',
  'INSERT INTO log_standing DEFAULT VALUES',
];
