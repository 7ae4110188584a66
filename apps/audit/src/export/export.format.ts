import type { Auditor } from '../questions/auditor.js';
import type { EntryFilter } from '../questions/entry.filter.js';
import type { ScannedEntry } from './entry.scan.js';

export type FormatName = 'ndjson' | 'csv';

/** One export: what is asked for, by whom, and the checkpoint it is of. */
export interface Export {
  filter: EntryFilter;
  origin: string;
  /** How many entries the log had when it was signed: later ones are not in it. */
  size: number;
  checkpoint: string;
  auditor: Auditor;
}

/** How entries are written down. The same export has the same bytes, however often it is written. */
export interface ExportFormat {
  readonly contentType: string;
  head(of: Export): string;
  lines(entries: readonly ScannedEntry[], of: Export): Promise<string>;
  /** The last line, over everything before it; a format without one cannot be verified. */
  end?(entries: number, sha256: string): string;
}
