import { hash } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { POSTHORN_JS } from '@posthorn/browser';

const bytes = Buffer.from(POSTHORN_JS);

/** Of the script: a part of its name, so that a page can ask for exactly this one. */
export const SCRIPT_HASH = hash('sha256', bytes, 'hex').slice(0, 16);
export const HASHED_NAME = `posthorn.${SCRIPT_HASH}.js`;

export interface EncodedScript {
  encoding: 'br' | 'gzip' | undefined;
  bytes: Buffer;
}

// Compressed once: it never changes while the process runs.
const ENCODED: readonly EncodedScript[] = [
  { encoding: 'br', bytes: brotliCompressSync(bytes) },
  { encoding: 'gzip', bytes: gzipSync(bytes, { level: 9 }) },
];

/** The smallest that the browser says it can read. */
export function scriptFor(acceptEncoding: string | undefined): EncodedScript {
  const accepted = new Set((acceptEncoding ?? '').split(',').map((one) => one.trim().toLowerCase()));
  return ENCODED.find(({ encoding }) => encoding !== undefined && accepted.has(encoding)) ?? { encoding: undefined, bytes };
}
