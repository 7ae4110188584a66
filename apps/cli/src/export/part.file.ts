import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, EXIT } from '../cli.error.js';
import { type Format, ReceivedLines } from './received.lines.js';

/** What an export began with, and has to go on with. Lies beside the part, as CSV has no place for it. */
export interface Beginning {
  format: Format;
  /** As it was asked on the command line. */
  asked: Record<string, string>;
  /** As it was asked of the log: a time ago is a time there. */
  query: Record<string, string>;
  checkpoint: string;
  /** How many entries the log had. */
  size: number;
}

/** What has come, whole lines and nothing else, in `FILE.part` until it is all; then it is `FILE`. */
export class PartFile {
  private handle: FileHandle | undefined;
  beginning: Beginning | undefined;
  received: ReceivedLines;

  constructor(
    readonly file: string,
    readonly format: Format,
    private readonly overwrite: boolean,
  ) {
    this.received = new ReceivedLines(format);
  }

  /** What was left over; a line that is not whole is dropped. */
  static async reopen(file: string): Promise<PartFile> {
    const beginning = await beginningOf(file);
    const part = new PartFile(file, beginning.format, false);
    part.beginning = beginning;
    await part.onDisk(async () => {
      for await (const chunk of createReadStream(part.path, { highWaterMark: 1_048_576 }) as AsyncIterable<Buffer>) part.received.take(chunk);
      part.handle = await open(part.path, 'r+');
      await part.handle.truncate(part.received.bytes);
    });
    part.received.dropBegun();
    if (part.received.position === undefined && !part.received.isSealed) throw unusable(part.path);
    return part;
  }

  get path(): string {
    return partOf(this.file);
  }

  /** From the first byte on, as the log answers now. */
  async begin(beginning: Beginning): Promise<void> {
    this.received = new ReceivedLines(this.format);
    this.beginning = beginning;
    await this.onDisk(async () => {
      if (this.handle === undefined) this.handle = await open(this.path, this.overwrite ? 'w' : 'wx', 0o600);
      else await this.handle.truncate(0);
      await writeFile(beginningPathOf(this.file), `${JSON.stringify(beginning)}\n`, { mode: 0o600, flush: true });
    });
  }

  async write(chunk: Buffer): Promise<void> {
    const at = this.received.bytes;
    const lines = this.received.take(chunk);
    await this.onDisk(() => this.writeAll(lines, at));
  }

  /** It is all there: from now on under its name. */
  async finish(): Promise<void> {
    await this.onDisk(async () => {
      await this.handle?.sync();
      await this.close();
      // Somebody may have put it there meanwhile.
      if (!this.overwrite && existsSync(this.file)) throw exists(this.file);
      await rename(this.path, this.file);
      await syncFolder(dirname(this.file));
      await rm(beginningPathOf(this.file), { force: true });
    });
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }

  private async writeAll(bytes: Buffer, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten = 0 } = (await this.handle?.write(bytes, done, bytes.length - done, at + done)) ?? {};
      if (bytesWritten === 0) throw new Error(`${this.path} takes no more bytes`);
      done += bytesWritten;
    }
  }

  private async onDisk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw diskProblem(this, error);
    }
  }
}

export const partOf = (file: string): string => `${file}.part`;
const beginningPathOf = (file: string): string => `${file}.part.json`;

export const exists = (file: string): CliError => new CliError(EXIT.failed, `There is a file ${file} already.`, 'Name another, or let it be overwritten with --force.');

const unusable = (path: string): CliError => new CliError(EXIT.failed, `${path} cannot be gone on with: it is not the beginning of an export.`, 'Begin anew with --force.');

async function beginningOf(file: string): Promise<Beginning> {
  try {
    const { format, asked, query, checkpoint, size } = JSON.parse(await readFile(beginningPathOf(file), 'utf8')) as Partial<Beginning>;
    if ((format === 'ndjson' || format === 'csv') && asked !== undefined && query !== undefined && checkpoint !== undefined && size !== undefined) return { format, asked, query, checkpoint, size };
  } catch {
    // Said below.
  }
  throw new CliError(EXIT.failed, `${beginningPathOf(file)}, which says what ${partOf(file)} is the beginning of, is not there or not readable.`, 'Begin anew with --force.');
}

function diskProblem({ path, received: { entries } }: PartFile, error: unknown): CliError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return new CliError(EXIT.failed, `There is no space left for ${path} (${code}), after about ${entries.toLocaleString('en')} entries.`, 'Make room, then go on with --resume.');
  return new CliError(EXIT.failed, `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, 'Check the folder and its rights; --resume goes on with what is there.');
}

/** So that the new name outlives a power cut. Not every system lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
