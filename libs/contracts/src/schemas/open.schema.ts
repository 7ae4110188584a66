import { z } from 'zod';
import { key } from './text.schema.js';

const FIELDS_MAX = 200;
const DEPTH_MAX = 8;
const TEXT_MAX = 20_000;
// As of text of several lines, in keys as well: what Postgres cannot store, and what means nothing.
const TEXT = /^[^\p{Cs}\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/u;

/** Fields that a site describes, not the contract: any JSON that can be stored, so deep and no deeper. */
export const openFields = z
  .record(key(), z.unknown())
  .refine((fields) => Object.keys(fields).length <= FIELDS_MAX, { error: `must have at most ${FIELDS_MAX} fields`, params: { rule: 'too_big' } })
  .refine((fields) => isStorable(fields, DEPTH_MAX), {
    error: `must be JSON of at most ${DEPTH_MAX} levels, with texts of at most ${TEXT_MAX} characters and without control characters`,
    params: { rule: 'json' },
  });

function isStorable(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return value.length <= TEXT_MAX && TEXT.test(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'boolean' || value === null) return true;
  if (typeof value !== 'object' || levels === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isStorable(item, levels - 1));
  return Object.entries(value).every(([name, item]) => TEXT.test(name) && name !== '__proto__' && isStorable(item, levels - 1));
}
