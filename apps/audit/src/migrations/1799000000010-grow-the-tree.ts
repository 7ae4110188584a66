import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The log becomes a Merkle tree, and personal values are sealed with their person's key. What was recorded before
 * cannot become part of it: it stands in the clear, and nobody signed it. So the log begins anew, and reconciliation
 * fetches every event and outcome again from those who keep them.
 */
export class GrowTheTree1799000000010 implements MigrationInterface {
  readonly name = 'GrowTheTree1799000000010';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only; write another one.'));
  }
}

const STATEMENTS = [
  'DROP TABLE entries',
  // `leaf` is the entry, to the byte; all else is what it is looked for by. Text, not jsonb, which would not keep the bytes.
  `CREATE TABLE entries (
     position    bigint      NOT NULL PRIMARY KEY,
     id          uuid        NOT NULL CONSTRAINT entries_id UNIQUE,
     kind        text        NOT NULL CHECK (kind IN ('event', 'outcome', 'operation', 'access')),
     site        text        COLLATE "C",
     type        text        NOT NULL COLLATE "C",
     service     text        COLLATE "C",
     connection  text        COLLATE "C",
     outcome     text        COLLATE "C",
     actor       text        COLLATE "C",
     event_id    uuid,
     correlation text        COLLATE "C",
     causation   uuid,
     person      uuid,
     recorded_at timestamptz NOT NULL,
     blob        bytea,
     leaf        text        NOT NULL)`,
  // Ids are UUIDv7, so their order is that of time: each index answers a filter, a span of time and the order of
  // the page in one, and a page costs the same however long the log is.
  'CREATE INDEX entries_site ON entries (site, id)',
  'CREATE INDEX entries_site_type ON entries (site, type, id)',
  'CREATE INDEX entries_type ON entries (type, id)',
  'CREATE INDEX entries_service ON entries (service, site, id) WHERE service IS NOT NULL',
  'CREATE INDEX entries_connection ON entries (connection, id) WHERE connection IS NOT NULL',
  'CREATE INDEX entries_outcome ON entries (outcome, id) WHERE outcome IS NOT NULL',
  'CREATE INDEX entries_actor ON entries (actor, id) WHERE actor IS NOT NULL',
  'CREATE INDEX entries_event ON entries (event_id, id) WHERE event_id IS NOT NULL',
  'CREATE INDEX entries_correlation ON entries (correlation, id)',
  "CREATE INDEX entries_causation ON entries (causation) WHERE kind = 'event' AND causation IS NOT NULL",
  'CREATE INDEX entries_person ON entries (person, id) WHERE person IS NOT NULL',
  "CREATE INDEX entries_publisher ON entries ((CASE kind WHEN 'event' THEN 'ingress' ELSE service END), id)",
  // Full tiles only: the last one of each level follows from the entries and from the level below.
  `CREATE TABLE tiles (
     level  int    NOT NULL,
     number bigint NOT NULL,
     hashes bytea  NOT NULL CHECK (length(hashes) = 8192),
     root   bytea  NOT NULL CHECK (length(root) = 32),
     PRIMARY KEY (level, number))`,
  'ALTER TABLE tiles ALTER COLUMN hashes SET STORAGE EXTERNAL',
  // What is too large for an entry; the entry names it by its hash.
  'CREATE TABLE entry_blobs (sha256 bytea NOT NULL PRIMARY KEY CHECK (length(sha256) = 32), bytes bytea NOT NULL)',
  // To erase somebody is to delete them here: with the key go the contents, with the lookups the way from an address.
  `CREATE TABLE people (
     pseudonym   uuid        NOT NULL PRIMARY KEY,
     site        text        NOT NULL COLLATE "C",
     wrapped_key bytea       NOT NULL,
     key_id      text        NOT NULL,
     since       timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE person_addresses (
     lookup    bytea NOT NULL PRIMARY KEY CHECK (length(lookup) = 32),
     pseudonym uuid  NOT NULL REFERENCES people ON DELETE CASCADE)`,
  'CREATE INDEX person_addresses_person ON person_addresses (pseudonym)',
  // Everything is compared again from the beginning, and counted again.
  "UPDATE reconciliation SET agreed_until = since",
  'UPDATE book_keeper SET position = 0',
  'TRUNCATE recorded_counts',
];
