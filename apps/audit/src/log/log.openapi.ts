import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { SHOWN_ID } from '../questions/entries.openapi.js';
import type { InclusionProof } from './evidence.controller.js';
import { checkpointsQuery, consistencyQuery } from './log.query.js';

const TAG = 'The log as a tree';
const TEXT = { type: 'string' };
const BINARY = { content: { 'application/octet-stream': {} } };
const hashes = z.array(z.string()).describe('In base64.');

export const SHOW_CHECKPOINT: Operation = {
  tag: TAG,
  summary: 'The newest checkpoint',
  about: 'C2SP tlog-tiles: a signed note with origin, size and root, and below them our signatures and those of witnesses.',
  answers: { 200: { about: 'The note.', content: { 'text/plain': TEXT } } },
  problems: { 404: ['checkpoint-none'] },
  examples: [{ title: 'For a verifier', status: 200, answer: 'acme.example/audit\n300\nVYEa…=\n\n— acme.example/audit …\n' }],
};

export const SHOW_TILE: Operation = {
  tag: TAG,
  summary: 'Hashes of a tile',
  about: 'It never changes. Which tiles there are follows from the size in the newest checkpoint.',
  path: { path: { about: '<level>/<number>, or <level>/<number>.p/<width>.', schema: TEXT } },
  answers: { 200: { about: '32 bytes a hash.', ...BINARY } },
  problems: { 404: ['tile-unknown'] },
  examples: [{ title: 'The first leaves of a small log', path: { path: '0/000.p/4' }, status: 200 }, { title: 'Beyond the log', path: { path: '0/x999/x999/999' }, status: 404 }],
};

export const SHOW_BUNDLE: Operation = {
  tag: TAG,
  summary: 'Entries, as the tree has them',
  about: 'Each behind its length in two bytes; personal values in them are sealed. Needs a key with "export", without "sites".',
  path: { path: { about: '<number>, or <number>.p/<width>.', schema: TEXT } },
  headers: { 'accept-encoding': { about: 'gzip is understood.', schema: TEXT } },
  answers: { 200: { about: 'A bundle.', ...BINARY } },
  problems: { 403: ['export-not-granted'], 404: ['tile-unknown'] },
  examples: [{ title: 'The first of a small log', path: { path: '000.p/4' }, status: 200 }],
};

export const SHOW_LOG: Operation = {
  tag: TAG,
  summary: 'What the log is called, and who signs it',
  answers: {
    200: {
      about: 'Its origin and its keys.',
      content: { 'application/json': z.object({ origin: z.string(), verifierKeys: z.array(z.string()), size: z.int().describe('That is signed.'), signedAt: z.string().nullable(), witnesses: z.array(z.string()) }) },
    },
  },
  examples: [{ title: 'For a verifier', status: 200 }],
};

export const LIST_CHECKPOINTS: Operation = {
  tag: TAG,
  summary: 'The checkpoints, the newest first',
  query: checkpointsQuery,
  answers: {
    200: {
      about: 'A page of them.',
      content: { 'application/json': z.object({ checkpoints: z.array(z.object({ size: z.int(), signedAt: z.string(), checkpoint: z.string() })), next: z.int().nullable().describe('For "before"; null on the last page.') }) },
    },
  },
  problems: { 400: ['query-invalid'] },
  examples: [{ title: 'The newest three', query: { limit: '3' }, status: 200 }],
};

export const PROVE_CONSISTENCY: Operation = {
  tag: TAG,
  summary: 'That a smaller tree is the beginning of a larger one',
  about: 'RFC 9162, 2.1.4.2, checks it. Without "to", up to the newest checkpoint.',
  query: consistencyQuery,
  answers: { 200: { about: 'The hashes.', content: { 'application/json': z.object({ from: z.int(), to: z.int(), proof: hashes }) } } },
  problems: { 400: ['query-invalid'], 404: ['checkpoint-none'] },
  examples: [{ title: 'From the first entry on', query: { from: '1' }, status: 200 }, { title: 'From nothing', query: { from: '0' }, status: 400 }],
};

const proof = z.object({
  position: z.int(),
  index: z.int().describe('Of its leaf: the position, counted from 0.'),
  leaf: z.string().describe('The entry to the byte: what the leaf is the hash of.'),
  checkpoint: z.string(),
  proof: hashes,
}) satisfies z.ZodType<InclusionProof>;

export const PROVE_ENTRY: Operation = {
  tag: TAG,
  summary: 'That an entry is in the log that was signed',
  about: 'The hashes lead from the leaf to the root in the checkpoint (RFC 9162, 2.1.3.2).',
  path: { id: { about: 'The id of the entry.', schema: { type: 'string', format: 'uuid' } } },
  answers: { 200: { about: 'The proof.', content: { 'application/json': proof } } },
  problems: { 400: ['query-invalid'], 404: ['entry-unknown'], 409: ['entry-unsigned'] },
  examples: [{ title: 'Of an entry', path: { id: SHOWN_ID }, status: 200 }, { title: 'Of one that is not there', path: { id: '01a20411-0000-7000-8000-000000000000' }, status: 404 }],
};
