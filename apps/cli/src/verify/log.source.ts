import { type Access } from '../client.settings.js';
import { CliError, EXIT } from '../cli.error.js';
import { callBytes } from '../http.client.js';
import { endOf } from './entry.bundle.js';
import { HASH_BYTES } from './merkle.hash.js';
import { TILE_WIDTH, tilePath } from './tile.path.js';

/** Where a log is read from. Undefined for what is not there. */
export interface LogSource {
  checkpoint(): Promise<Buffer | undefined>;
  tile(level: number, number: number, width: number): Promise<Buffer | undefined>;
  entries(number: number, width: number): Promise<Buffer | undefined>;
}

const CHECKPOINT_BYTES_MAX = 65_536;
/** An entry has 65,535 bytes at most, and its length before it. */
const BUNDLE_BYTES_MAX = TILE_WIDTH * 65_537;
const ATTEMPTS = 4;
const PAUSE_MS = 250;

/** A log over HTTP, as C2SP tlog-tiles has it. Entries are for auditors; the rest is for everybody. */
export class HttpLog implements LogSource {
  constructor(private readonly access: Access) {}

  checkpoint(): Promise<Buffer | undefined> {
    return this.get('/checkpoint', CHECKPOINT_BYTES_MAX);
  }

  async tile(level: number, number: number, width: number): Promise<Buffer | undefined> {
    const found = await this.get(tilePath(level, number, width), TILE_WIDTH * HASH_BYTES);
    if (found !== undefined || width === TILE_WIDTH) return found;
    // A log may drop a partial tile as soon as it has the full one.
    return (await this.get(tilePath(level, number), TILE_WIDTH * HASH_BYTES))?.subarray(0, width * HASH_BYTES);
  }

  async entries(number: number, width: number): Promise<Buffer | undefined> {
    const found = await this.get(tilePath('entries', number, width), BUNDLE_BYTES_MAX, true);
    if (found !== undefined || width === TILE_WIDTH) return found;
    const full = await this.get(tilePath('entries', number), BUNDLE_BYTES_MAX, true);
    return full?.subarray(0, endOf(full, width));
  }

  private async get(path: string, limit: number, keyed = false): Promise<Buffer | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await callBytes(this.access, path, { limit, keyed });
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof CliError) || error.exitCode !== EXIT.unreachable) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** attempt));
      }
    }
  }
}

/** Loads `count` things, a few ahead, and hands them over in order. */
export async function* inOrder<T>(count: number, atOnce: number, load: (number: number) => Promise<T>): AsyncGenerator<T> {
  const ahead: Promise<T>[] = [];
  for (let number = 0; number < count || ahead.length > 0; ) {
    while (number < count && ahead.length < atOnce) {
      const loading = load(number++);
      // It may fail before its turn, or never have one; whoever awaits it hears of it all the same.
      loading.catch(() => undefined);
      ahead.push(loading);
    }
    const next = ahead.shift();
    if (next !== undefined) yield await next;
  }
}
