import { z } from 'zod';
import { badParameter } from '../questions/bad.question.js';
import { FILTER, questionOf } from '../questions/entries.query.js';
import type { EntryFilter } from '../questions/entry.filter.js';
import type { FormatName } from './export.format.js';

export const exportQuery = z.strictObject({
  ...FILTER,
  format: z.enum(['ndjson', 'csv'], 'must be ndjson or csv'),
  after: z.string().regex(/^[1-9]\d{0,14}$/, 'must be the position of the last entry you have').transform(Number).optional(),
  checkpoint: z.base64url('must be the Posthorn-Checkpoint of the export that is continued').max(8_192).optional(),
});

export interface ExportQuestion {
  format: FormatName;
  filter: EntryFilter;
  /** An export that broke off: which entry came last, and the note it began with. */
  resumed?: { after: number; checkpoint: string };
}

/** The question of a URL; a Problem (400) that names every mistake. */
export function exportQuestionOf(parameters: unknown): ExportQuestion {
  const { format, after, checkpoint, ...filter } = questionOf(exportQuery, parameters);
  if ((after === undefined) !== (checkpoint === undefined)) throw badParameter(after === undefined ? 'after' : 'checkpoint', 'to continue an export, give both: "after" and "checkpoint"');
  return { format, filter, resumed: after === undefined || checkpoint === undefined ? undefined : { after, checkpoint: Buffer.from(checkpoint, 'base64url').toString() } };
}
