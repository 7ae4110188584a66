import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { misuse } from '../cli.error.js';
import { type World } from '../cli.context.js';
import { type Checkpoint } from './checkpoint.js';

/** Where the checkpoints of a log are remembered, unless told otherwise. */
export function folderOf(origin: string, { env }: World): string {
  // One path element, whatever a log calls itself.
  return join(env['HOME'] ?? homedir(), '.posthorn', 'checkpoints', encodeURIComponent(origin).replace(/^\.+/, '_'));
}

/** The notes in a file or a folder, by their paths. */
export function notesIn(path: string, cwd: string): { source: string; note: Buffer }[] {
  const where = resolve(cwd, path);
  if (!existsSync(where)) throw misuse(`There is no checkpoint at ${where}.`, 'audit verify');
  const files = statSync(where).isDirectory() ? readdirSync(where, { withFileTypes: true }).filter((file) => file.isFile() && !file.name.startsWith('.')).map(({ name }) => join(where, name)) : [where];
  return files.sort().map((source) => ({ source, note: readFileSync(source) }));
}

/** Keeps a verified checkpoint for the next time. */
export function remember(folder: string, { size, root, note }: Checkpoint): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${String(size).padStart(16, '0')}-${root.toString('hex').slice(0, 16)}`);
  if (existsSync(file)) return;
  const draft = join(folder, `.${randomUUID()}`);
  writeFileSync(draft, note, { mode: 0o600, flush: true });
  renameSync(draft, file);
}
