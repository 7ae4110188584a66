import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointConflictError } from '../checkpoint.conflict.js';
import type { CheckpointStore } from '../checkpoint.store.js';

const NEWEST = 'latest';

/** A folder: a file for each checkpoint, and one more with the newest. */
export class FolderStore implements CheckpointStore {
  readonly name: string;
  private readonly folder: string;

  constructor(folder: string, origin: string) {
    this.folder = join(folder, origin);
    this.name = `the folder ${this.folder}`;
  }

  newest(): Promise<string | undefined> {
    return this.read(NEWEST);
  }

  async keep(size: number, note: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const draft = await this.draft(note);
    try {
      // A link, unlike a renaming, is refused where there is a file already.
      await link(draft, join(this.folder, String(size)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if ((await this.read(String(size))) !== note) throw new CheckpointConflictError(size, this.name);
    } finally {
      await rm(draft, { force: true });
    }
    await rename(await this.draft(note), join(this.folder, NEWEST));
    await this.flush(this.folder);
  }

  private async draft(note: string): Promise<string> {
    const file = join(this.folder, `.${randomUUID()}`);
    const handle = await open(file, 'wx', 0o644);
    try {
      await handle.writeFile(note);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return file;
  }

  private async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.folder, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  // The names of new files are safe only when their folder is.
  private async flush(folder: string): Promise<void> {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  }
}
