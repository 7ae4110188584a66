import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@posthorn/persistence';
import { COLUMNS, type QuarantineRecord, recordOf, type StoredRecord } from './quarantine.record.js';
import type { QuarantineAction } from './quarantine.decisions.js';
import type { QuarantineFilter, QuarantineOrder, QuarantineQuery } from './quarantine.query.js';
import { WAITING_STATES, type WaitingState } from './set-aside.js';

/** So much is decided in one transaction. */
const STEP_ROWS = 100;
const STEP_BYTES = 8 * 1024 * 1024;

const HELD: readonly WaitingState[] = ['held'];
const DECIDES: Record<QuarantineAction, readonly WaitingState[]> = { release: HELD, replay: WAITING_STATES, discard: WAITING_STATES };

const MATCHES = `($1::text IS NULL OR site = $1) AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR type = $3)
  AND ($4::text IS NULL OR code = $4) AND ($5::timestamptz IS NULL OR received_at >= $5) AND ($6::timestamptz IS NULL OR received_at < $6)`;

/** Asks for what is set aside. */
@Injectable()
export class QuarantineReader {
  constructor(private readonly database: Database) {}

  /** The newest first, without their drafts. */
  async page({ limit, cursor, ...filter }: QuarantineQuery): Promise<{ records: QuarantineRecord[]; next: string | null }> {
    const rows = await this.database.query<StoredRecord>(
      `SELECT ${COLUMNS.replace('draft', 'NULL AS draft')} FROM quarantine
        WHERE ${MATCHES} AND ($7::uuid IS NULL OR id < $7) ORDER BY id DESC LIMIT $8`,
      [...paramsOf(filter), cursor ?? null, limit + 1],
    );
    const records = rows.slice(0, limit).map(recordOf);
    return { records, next: rows.length > limit ? (records.at(-1)?.id ?? null) : null };
  }

  async find(id: string): Promise<QuarantineRecord | undefined> {
    const [row] = await this.database.query<StoredRecord>(`SELECT ${COLUMNS} FROM quarantine WHERE id = $1`, [id]);
    return row === undefined ? undefined : recordOf(row);
  }

  /** How many an order is about, by site, state and code. */
  count(action: QuarantineAction, { ids, ...filter }: QuarantineOrder): Promise<{ site: string; state: string; code: string; matched: number }[]> {
    return this.database.query(
      `SELECT site, state, code, count(*)::int AS matched FROM quarantine
        WHERE ${MATCHES} AND decided_at IS NULL AND state = ANY($7::text[]) AND ($8::uuid[] IS NULL OR id = ANY($8)) GROUP BY site, state, code ORDER BY site, state, code`,
      [...paramsOf(filter), DECIDES[action], ids ?? null],
    );
  }

  /** The next that an order is about, the oldest first. */
  async waiting(action: QuarantineAction, { ids, cursor, ...filter }: QuarantineOrder): Promise<{ records: QuarantineRecord[]; next: string | null }> {
    const sizes = await this.database.query<{ id: string; bytes: number }>(
      `SELECT id, bytes FROM quarantine
        WHERE ${MATCHES} AND decided_at IS NULL AND state = ANY($7::text[]) AND ($8::uuid[] IS NULL OR id = ANY($8)) AND ($9::uuid IS NULL OR id > $9)
        ORDER BY id LIMIT ${STEP_ROWS + 1}`,
      [...paramsOf(filter), DECIDES[action], ids ?? null, cursor ?? null],
    );
    let bytes = 0;
    const chosen = sizes.slice(0, STEP_ROWS).filter((row, index) => (bytes += row.bytes) <= STEP_BYTES || index === 0).map(({ id }) => id);
    const rows = await this.database.query<StoredRecord>(`SELECT ${COLUMNS} FROM quarantine WHERE id = ANY($1::uuid[]) AND decided_at IS NULL ORDER BY id`, [chosen]);
    return { records: rows.map(recordOf), next: sizes.length > chosen.length ? (chosen.at(-1) ?? null) : null };
  }

  /** Of these, those that still wait and are what they were when they were read; nobody else decides about them until the commit. */
  async lock(tx: Transaction, records: readonly QuarantineRecord[]): Promise<QuarantineRecord[]> {
    const rows = await tx.query<{ id: string; draft: string | null }>(
      'SELECT id, draft FROM quarantine WHERE id = ANY($1::uuid[]) AND decided_at IS NULL ORDER BY id FOR UPDATE',
      [records.map(({ id }) => id)],
    );
    const drafts = new Map(rows.map(({ id, draft }) => [id, draft]));
    return records.filter(({ id, draftText }) => drafts.has(id) && drafts.get(id) === draftText);
  }
}

function paramsOf({ site, state, type, code, from, to }: QuarantineFilter): unknown[] {
  return [site ?? null, state ?? null, type ?? null, code ?? null, from ?? null, to ?? null];
}
