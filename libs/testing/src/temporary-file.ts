import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file that is there while the work reads it, and gone afterwards. */
export function withFile<T>(name: string, text: string, work: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-file-'));
  try {
    const path = join(folder, name);
    writeFileSync(path, text);
    return work(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
