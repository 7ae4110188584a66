import { Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import type { EntryKind } from '../recording/entry.js';
import type { EntryText, SealedPart } from '../recording/entry.text.js';
import type { Auditor } from './auditor.js';
import { type EntryFilter, textConditionsOf } from './entry.filter.js';
import { newestFirst } from './entry.order.js';

/** An entry of the log. The data of the envelope has no personal values; they are sealed in `personal`. */
export interface Entry {
  position: number;
  kind: EntryKind;
  recordedAt: string;
  envelope: EntryText['envelope'];
  personal?: SealedPart;
  /** Its personal values were erased before it was recorded. */
  erased?: true;
  eventId?: string;
  service?: string;
  connection?: string;
  outcome?: string;
  actor?: string;
}

/** An entry as it lies in the log, and the data it names where they are too large to be in it. */
interface Row {
  leaf: string;
  data: Buffer | string | null;
}

const ENTRIES = `
  SELECT entries.leaf, beside.bytes AS data
    FROM entries LEFT JOIN entry_blobs beside ON beside.sha256 = entries.blob`;
const BESIDE = 'LEFT JOIN entry_blobs beside ON beside.sha256 = found.blob';

/** Some 50 ms. */
const LOOKED_AT_ONCE = 5_000;

// Events an event led to, and what those led to.
const WAY = `
  WITH RECURSIVE way (id) AS (
      SELECT $1::uuid
    UNION
      SELECT caused.id FROM way JOIN entries caused ON caused.causation = way.id
       WHERE caused.kind = 'event' AND caused.causation IS NOT NULL AND ($3::text[] IS NULL OR caused.site = ANY($3))
  )
  ${ENTRIES} WHERE event_id IN (SELECT id FROM way) AND kind <> 'access' AND ($3::text[] IS NULL OR site = ANY($3)) ORDER BY id LIMIT $2`;

const OUTCOMES = `
  SELECT entries.leaf, beside.bytes AS data
    FROM unnest($1::uuid[]) AS asked (id) JOIN entries ON entries.event_id = asked.id LEFT JOIN entry_blobs beside ON beside.sha256 = entries.blob
   WHERE entries.kind = 'outcome' AND entries.outcome IS NOT NULL AND ($2::text[] IS NULL OR entries.site = ANY($2)) ORDER BY entries.position`;

const LEAF = 'SELECT position::float8 AS position, site, leaf FROM entries WHERE id = $1 AND ($2::text[] IS NULL OR site = ANY($2))';

/** Reads the log, for an auditor what they may see of it. */
@Injectable()
export class EntryReader {
  constructor(private readonly database: Database) {}

  /** For other services, which learn only that it is there. */
  async placeOfEvent(id: string): Promise<{ position: number; recordedAt: Date } | undefined> {
    const [row] = await this.database.query<{ position: number; recordedAt: Date }>(`SELECT position::float8 AS position, recorded_at AS "recordedAt" FROM entries WHERE id = $1 AND kind = 'event'`, [id]);
    return row;
  }

  /** Where an entry stands, and its text to the byte. */
  async leafOf(auditor: Auditor, id: string): Promise<{ position: number; site?: string; leaf: string } | undefined> {
    const [row] = await this.database.query<{ position: number; site: string | null; leaf: string }>(LEAF, [id, auditor.sites ?? null]);
    return row === undefined ? undefined : { ...row, site: row.site ?? undefined };
  }

  /** The newest entries that pass the filter; with `before`, only those older than that id. */
  async page(auditor: Auditor, filter: EntryFilter, limit: number, before?: string): Promise<Entry[]> {
    const { newest, params } = newestOf(auditor, filter, limit, before);
    return this.read(`SELECT found.leaf, beside.bytes AS data FROM (${newest}) AS found ${BESIDE} ORDER BY found.id DESC`, params);
  }

  /**
   * The newest entries with the text, out of the next few thousand that pass the filter else: no index has it, so a page
   * costs what these cost, however long the log is and however rare the text. `lookedTo` is where it stopped before the end.
   */
  async search(auditor: Auditor, filter: EntryFilter & { text: string }, limit: number, before?: string): Promise<{ entries: Entry[]; lookedTo?: string }> {
    const { newest, params } = newestOf(auditor, filter, LOOKED_AT_ONCE, before);
    const all = [...params];
    const having = textConditionsOf(filter.text, all).join(' AND ');
    const entries = await this.read(`SELECT found.leaf, beside.bytes AS data FROM (${newest}) AS found ${BESIDE} WHERE ${having} ORDER BY found.id DESC LIMIT ${limit}`, all);
    if (entries.length === limit) return { entries };
    const [last] = await this.database.query<{ id: string }>(`SELECT id FROM (${newest}) AS found ORDER BY id DESC OFFSET ${LOOKED_AT_ONCE - 1}`, params);
    return { entries, lookedTo: last?.id };
  }

  /** Every entry about the event or about an event it led to, in the order of time. */
  async wayOf(auditor: Auditor, eventId: string, limit: number): Promise<Entry[]> {
    return this.read(WAY, [eventId, limit, auditor.sites ?? null]);
  }

  /** What services said about these events, in the order in which it was recorded. */
  async outcomesAbout(auditor: Auditor, events: readonly string[]): Promise<Entry[]> {
    return this.read(OUTCOMES, [events, auditor.sites ?? null]);
  }

  private async read(statement: string, params: unknown[]): Promise<Entry[]> {
    const rows = await this.database.query<Row>(statement, params);
    return rows.map(entryOf);
  }
}

/** Statement and parameters for the newest entries of an auditor that pass all of the filter but the text. */
function newestOf(auditor: Auditor, filter: EntryFilter, count: number, before: string | undefined): { newest: string; params: unknown[] } {
  const sites = auditor.sitesFor(filter.site);
  const only = sites?.length === 1 ? sites[0] : undefined;
  if (sites === undefined || only !== undefined) {
    const { where, order, params } = newestFirst({ ...filter, site: only }, before);
    return { newest: `SELECT id, leaf, blob FROM entries WHERE ${where} ${order} LIMIT $${params.push(count)}`, params };
  }
  // No index has several sites in the order of time. Each site's has: so a page of each, and of these the newest.
  const { where, order, params } = newestFirst({ ...filter, site: undefined }, before, 'seen.site');
  const [ofSites, most] = [`$${params.push(sites)}::text[]`, `$${params.push(count)}`];
  const newest = `
    SELECT id, leaf, blob FROM entries WHERE id IN (
      SELECT entry.id FROM unnest(${ofSites}) AS seen (site)
       CROSS JOIN LATERAL (SELECT id FROM entries WHERE ${where} ${order} LIMIT ${most}) entry
       ORDER BY entry.id DESC LIMIT ${most})`;
  return { newest, params };
}

export function entryOf({ leaf, data }: Row): Entry {
  const { position, kind, recordedAt, envelope, personal, erased, event, service, connection, outcome, actor } = JSON.parse(leaf) as EntryText;
  const whole = data === null ? envelope : { ...envelope, data: JSON.parse(data.toString()) as unknown };
  return { position, kind, recordedAt, envelope: whole, personal, erased, eventId: event, service, connection, outcome, actor };
}
