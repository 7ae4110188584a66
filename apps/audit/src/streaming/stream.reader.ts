import { Injectable } from '@nestjs/common';
import { Database, prepared } from '@posthorn/persistence';
import { BlobReader, partsOf } from '../export/blob.reader.js';
import { IN_ORDER, SCANNED, type ScannedEntry } from '../export/entry.scan.js';
import { Auditor, grantOf } from '../questions/auditor.js';
import { entryOf } from '../questions/entry.reader.js';
import { type EntryView, EntryViewer } from '../questions/entry.view.js';
import type { StreamSettings } from './stream.settings.js';

/** Where not all entries are of the stream, so many positions are gone through in one statement: some 100 ms. */
const POSITIONS_AT_ONCE = 50_000;

const SIZE = prepared('SELECT coalesce(max(position), 0)::float8 AS size FROM entries');
const NEXT = prepared(`
  ${SCANNED} WHERE position > $1 AND position <= $2 AND ($3::text[] IS NULL OR site = ANY($3)) AND ($4::text[] IS NULL OR kind = ANY($4))
   ${IN_ORDER} LIMIT $5`);

/** What of the log comes next in a stream. */
export interface NextEntries {
  entries: EntryView[];
  /** Up to this position nothing else is of the stream. */
  until: number;
}

/** Reads the log for a stream, as `/v1/entries` would show it to an auditor with the stream's rights. */
@Injectable()
export class StreamReader {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobReader,
    private readonly viewer: EntryViewer,
  ) {}

  async after(position: number, { id, sites, kinds, personalData }: StreamSettings, most: number): Promise<NextEntries> {
    const [log] = await this.database.query<{ size: number }>(SIZE);
    // Positions are given in the order of commits and without a gap, so what is below the highest is there for good.
    const end = Math.min(log?.size ?? 0, position + (sites === undefined && kinds === undefined ? most : POSITIONS_AT_ONCE));
    const rows = await this.database.query<ScannedEntry>(NEXT, [position, end, sites ?? null, kinds ?? null, most]);
    const part = partsOf(rows)[0] ?? [];
    const blobs = await this.blobs.read(part.flatMap(({ blob }) => blob ?? []));
    const auditor = new Auditor({ id: `stream:${id}`, scopes: [], grants: [grantOf({ sites, personalData, export: false })] });
    const entries = await this.viewer.show(part.map(({ leaf, blob }) => entryOf({ leaf, data: blob === null ? null : (blobs.get(blob) ?? null) })), auditor);
    return { entries, until: part.length === rows.length && rows.length < most ? end : (part.at(-1)?.position ?? end) };
  }
}
