import { Injectable } from '@nestjs/common';
import { EntryViewer } from '../questions/entry.view.js';
import { entryOf } from '../questions/entry.reader.js';
import { BlobReader } from './blob.reader.js';
import type { ScannedEntry } from './entry.scan.js';
import type { Export, ExportFormat } from './export.format.js';

const COLUMNS = ['position', 'recordedAt', 'acceptedAt', 'kind', 'site', 'type', 'event', 'service', 'connection', 'outcome', 'actor', 'person', 'data'];
// Without it spreadsheets take UTF-8 for something else.
const BYTE_ORDER_MARK = '\uFEFF';

/** RFC 4180, for spreadsheets: values as `/v1/entries` shows them. It cannot be verified. */
@Injectable()
export class CsvFormat implements ExportFormat {
  readonly contentType = 'text/csv; charset=utf-8; header=present';

  constructor(
    private readonly viewer: EntryViewer,
    private readonly blobs: BlobReader,
  ) {}

  head(): string {
    return `${BYTE_ORDER_MARK}${rowOf(COLUMNS)}`;
  }

  async lines(entries: readonly ScannedEntry[], { auditor }: Export): Promise<string> {
    const blobs = await this.blobs.read(entries.flatMap(({ blob }) => blob ?? []));
    const views = await this.viewer.show(entries.map(({ leaf, blob }) => entryOf({ leaf, data: blob === null ? null : (blobs.get(blob) ?? null) })), auditor);
    return views
      .map(({ position, recordedAt, acceptedAt, kind, site, type, eventId, service, connection, outcome, actor, person, data }) =>
        rowOf([String(position), recordedAt, acceptedAt, kind, site, type, eventId, service, connection, outcome, actor, person, data === undefined ? undefined : JSON.stringify(data)]),
      )
      .join('');
  }
}

// What a spreadsheet takes for a formula, and runs; the last four are the wide forms of the first.
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** A line always: where a value has a line break, which none has by our contracts, it becomes a space. */
export function rowOf(values: readonly (string | undefined)[]): string {
  return `${values.map(cellOf).join(',')}\r\n`;
}

function cellOf(value = ''): string {
  const harmless = (FORMULA.test(value) ? `'${value}` : value).replaceAll(/[\r\n]+/g, ' ');
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
