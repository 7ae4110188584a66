import { Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import type { EntryKind } from '../recording/entry.js';
import type { EntryText, SealedPart } from '../recording/entry.text.js';
import type { EntriesQuery } from './entries.query.js';

/** An entry of the log. The data of the envelope has no personal values; they are sealed in `personal`. */
export interface Entry {
  position: number;
  kind: EntryKind;
  recordedAt: string;
  envelope: EntryText['envelope'];
  personal?: SealedPart;
  eventId?: string;
  service?: string;
  connection?: string;
  outcome?: string;
  actor?: string;
}

export type EntryFilter = Omit<EntriesQuery, 'cursor' | 'limit'>;

/** An entry as it lies in the log, and the data it names where they are too large to be in it. */
interface Row {
  leaf: string;
  data: Buffer | null;
}

const ENTRIES = `
  SELECT entries.leaf, beside.bytes AS data
    FROM entries LEFT JOIN entry_blobs beside ON beside.sha256 = entries.blob`;

// Events an event led to, and what those led to.
const WAY = `
  WITH RECURSIVE way (id) AS (
      SELECT $1::uuid
    UNION
      SELECT caused.id FROM way JOIN entries caused ON caused.causation = way.id
       WHERE caused.kind = 'event' AND caused.causation IS NOT NULL
  )
  ${ENTRIES} WHERE event_id IN (SELECT id FROM way) AND kind <> 'access' ORDER BY id LIMIT $2`;

/** Reads the log. */
@Injectable()
export class EntryReader {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<Entry | undefined> {
    const [row] = await this.database.query<Row>(`${ENTRIES} WHERE id = $1`, [id]);
    return row === undefined ? undefined : entryOf(row);
  }

  /** Where an entry stands, and its text to the byte. */
  async leafOf(id: string): Promise<{ position: number; leaf: string } | undefined> {
    const [row] = await this.database.query<{ position: number; leaf: string }>('SELECT position::float8 AS position, leaf FROM entries WHERE id = $1', [id]);
    return row;
  }

  /** The newest entries that pass the filter; with `before`, only those older than that id. */
  async page(filter: EntryFilter, limit: number, before?: string): Promise<Entry[]> {
    const { where, params } = conditions(filter, before);
    const rows = await this.database.query<Row>(
      `${ENTRIES} ${where} ORDER BY id DESC LIMIT $${params.length + 1}`,
      [...params, limit],
    );
    return rows.map(entryOf);
  }

  /** Every entry about the event or about an event it led to, in the order of time. */
  async wayOf(eventId: string, limit: number): Promise<Entry[]> {
    const rows = await this.database.query<Row>(WAY, [eventId, limit]);
    return rows.map(entryOf);
  }
}

// Only what is asked for becomes a condition, so that the planner sees which index fits.
function conditions(filter: EntryFilter, before: string | undefined): { where: string; params: unknown[] } {
  const params: unknown[] = [];
  const clauses = [
    ['site =', filter.site],
    ['type =', filter.type],
    ['kind =', filter.kind],
    ['service =', filter.service],
    ['connection =', filter.connection],
    ['outcome =', filter.outcome],
    ['actor =', filter.actor],
    ['event_id =', filter.event],
    ['person =', filter.person],
    ['correlation =', filter.correlation],
    ['id >=', filter.from === undefined ? undefined : firstIdOf(filter.from)],
    ['id <', filter.to === undefined ? undefined : firstIdOf(filter.to)],
    ['id <', before],
    // What auditors look at would crowd out what they look for; it is shown to who asks for it.
    ['kind <>', filter.kind === undefined ? 'access' : undefined],
  ].flatMap(([condition, value]) => (value === undefined ? [] : [`${condition ?? ''} $${params.push(value)}`]));
  return { where: clauses.length === 0 ? '' : `WHERE ${clauses.join(' AND ')}`, params };
}

/** The least UUID of a millisecond: UUIDv7 sorts by time. */
function firstIdOf(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

function entryOf({ leaf, data }: Row): Entry {
  const { position, kind, recordedAt, envelope, personal, event, service, connection, outcome, actor } = JSON.parse(leaf) as EntryText;
  const whole = data === null ? envelope : { ...envelope, data: JSON.parse(data.toString()) as unknown };
  return { position, kind, recordedAt, envelope: whole, personal, eventId: event, service, connection, outcome, actor };
}
