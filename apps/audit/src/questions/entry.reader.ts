import { Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import type { EntryKind } from '../recording/entry.js';
import type { EntryText, SealedPart } from '../recording/entry.text.js';
import type { Auditor } from './auditor.js';
import { conditionsOf, type EntryFilter } from './entry.filter.js';

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

/** An entry as it lies in the log, and the data it names where they are too large to be in it. */
interface Row {
  leaf: string;
  data: Buffer | string | null;
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
       WHERE caused.kind = 'event' AND caused.causation IS NOT NULL AND ($3::text[] IS NULL OR caused.site = ANY($3))
  )
  ${ENTRIES} WHERE event_id IN (SELECT id FROM way) AND kind <> 'access' AND ($3::text[] IS NULL OR site = ANY($3)) ORDER BY id LIMIT $2`;

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
    const sites = auditor.sitesFor(filter.site);
    const [site, ...others] = sites ?? [];
    if (others.length > 0) return this.pageOf(sites ?? [], filter, limit, before);
    if (sites !== undefined && site === undefined) return [];
    const { clauses, params } = conditionsOf({ ...filter, site }, before);
    return this.read(`${ENTRIES} WHERE ${clauses.join(' AND ')} ORDER BY id DESC LIMIT $${params.length + 1}`, [...params, limit]);
  }

  /** Every entry about the event or about an event it led to, in the order of time. */
  async wayOf(auditor: Auditor, eventId: string, limit: number): Promise<Entry[]> {
    return this.read(WAY, [eventId, limit, auditor.sites ?? null]);
  }

  // No index has several sites in the order of time. Each site's has: so a page of each, and of these the newest.
  private async pageOf(sites: readonly string[], filter: EntryFilter, limit: number, before: string | undefined): Promise<Entry[]> {
    const { clauses, params } = conditionsOf(filter, before);
    const [ofSites, count] = [`$${params.length + 1}::text[]`, `$${params.length + 2}`];
    return this.read(
      `WITH newest AS (
          SELECT entry.id FROM unnest(${ofSites}) AS seen (site)
           CROSS JOIN LATERAL (SELECT id FROM entries WHERE ${[...clauses, 'site = seen.site'].join(' AND ')} ORDER BY id DESC LIMIT ${count}) entry
           ORDER BY entry.id DESC LIMIT ${count})
       ${ENTRIES} WHERE id IN (SELECT id FROM newest) ORDER BY id DESC`,
      [...params, sites, limit],
    );
  }

  private async read(statement: string, params: unknown[]): Promise<Entry[]> {
    const rows = await this.database.query<Row>(statement, params);
    return rows.map(entryOf);
  }
}

export function entryOf({ leaf, data }: Row): Entry {
  const { position, kind, recordedAt, envelope, personal, event, service, connection, outcome, actor } = JSON.parse(leaf) as EntryText;
  const whole = data === null ? envelope : { ...envelope, data: JSON.parse(data.toString()) as unknown };
  return { position, kind, recordedAt, envelope: whole, personal, eventId: event, service, connection, outcome, actor };
}
