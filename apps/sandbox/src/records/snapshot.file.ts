import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

interface Part {
  save(): unknown;
  load(value: unknown): void;
}

const QUIET_MS = 200;

/** Keeps what the simulated providers hold in one JSON file, so that a restart forgets nothing. */
export class SnapshotFile {
  private readonly parts = new Map<string, Part>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private lastWriteTookMs = 0;
  private dirty = false;
  /** Until then the parts are empty, and writing them would forget everything. */
  private loaded = false;

  /** Without a folder nothing is kept. */
  constructor(private readonly dataDir?: string) {}

  register(name: string, part: Part): void {
    this.parts.set(name, part);
  }

  /** Reads the file into the registered parts. A missing file is an empty sandbox. */
  async load(): Promise<void> {
    if (!this.dataDir) return;
    const text = await readFile(this.path(), 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    });
    const saved = JSON.parse(text ?? '{}') as Record<string, unknown>;
    for (const [name, part] of this.parts) {
      if (saved[name] !== undefined) part.load(saved[name]);
    }
    this.loaded = true;
  }

  /** Something changed: write soon. A large snapshot is written more seldom, so that writing never dominates. */
  touch(): void {
    if (!this.loaded) return;
    this.dirty = true;
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, Math.max(QUIET_MS, this.lastWriteTookMs * 10));
    this.timer.unref();
  }

  /** Resolves when everything up to now is on the disk. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(() => this.write()).catch((error: unknown) => {
      this.dirty = true;
      process.stderr.write(`sandbox: the snapshot could not be written: ${String(error)}\n`);
    });
    return this.writing;
  }

  private async write(): Promise<void> {
    if (!this.dataDir || !this.dirty) return;
    this.dirty = false;
    const startedAt = performance.now();
    const snapshot = Object.fromEntries([...this.parts].map(([name, part]) => [name, part.save()]));
    await mkdir(this.dataDir, { recursive: true });
    const temporary = `${this.path()}.new`;
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(JSON.stringify(snapshot));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.path());
    this.lastWriteTookMs = performance.now() - startedAt;
  }

  private path(): string {
    return join(this.dataDir ?? '.', 'sandbox.json');
  }
}
