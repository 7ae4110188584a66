import { acceptedAtOf } from '@posthorn/contracts';
import { plainArray } from '@posthorn/persistence';
import type { LedgerEntry } from './ledger.entry.js';
import type { WrittenEntry } from './ledger.statement.js';

/**
 * A part of another statement's WITH, for what a change says about itself: entries are written if, and only if, the
 * number of the row they are about is among `about`. Change and outcome are then one round trip and one commit.
 */
export function outboxSql({ first, about }: { first: number; about: string }): string {
  const types = ['int', 'uuid', 'text', 'text', 'text', 'text', 'timestamptz'].map((type, index) => `$${first + index}::${type}[]`);
  return `told AS (
    INSERT INTO ledger (id, site, type, subject, envelope, accepted_at)
    SELECT o.id, o.site, o.type, o.subject, o.envelope, o.accepted_at
      FROM unnest(${types.join(', ')}) AS o (about, id, site, type, subject, envelope, accepted_at)
     WHERE o.about IN (${about})
    RETURNING id
  ), queued AS (
    INSERT INTO unrelayed (id) SELECT id FROM told
  )`;
}

export interface Outbox {
  /** The parameters of `outboxSql`. */
  readonly columns: unknown[];
  /** What was written, for `Ledger.publish`. */
  entriesAbout(numbers: readonly number[]): WrittenEntry[];
}

/** Of what is to be told about rows that are numbered from 1; undefined where there is nothing to tell. */
export function outboxOf(entries: readonly (LedgerEntry | undefined)[]): Outbox {
  const told = entries.flatMap((entry, index) => {
    if (entry === undefined) return [];
    const { envelope, subject } = entry;
    return [{ about: index + 1, envelope, written: { id: envelope.id, subject, body: JSON.stringify(envelope) } }];
  });
  return {
    columns: [
      plainArray(told.map(({ about }) => about)),
      plainArray(told.map(({ written }) => written.id)),
      told.map(({ envelope }) => envelope.site),
      told.map(({ envelope }) => envelope.type),
      told.map(({ written }) => written.subject),
      told.map(({ written }) => written.body),
      plainArray(told.map(({ written }) => acceptedAtOf(written.id).toISOString())),
    ],
    entriesAbout: (numbers) => {
      const about = new Set(numbers);
      return told.filter((each) => about.has(each.about)).map(({ written }) => written);
    },
  };
}
