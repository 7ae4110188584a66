import { isUtf8 } from 'node:buffer';
import { type Checkpoint } from './checkpoint.js';
import { type Bundle, readBundle } from './entry.bundle.js';
import { EntryContents } from './entry.contents.js';
import { type Finding } from './finding.js';
import { inOrder, type LogSource } from './log.source.js';
import { type Seen } from './log.seen.js';
import { judge } from './log.verdict.js';
import { HASH_BYTES } from './merkle.hash.js';
import { Ranges } from './ranges.js';
import { TILE_WIDTH } from './tile.path.js';
import { type BuiltTile, TreeBuilder } from './tree.builder.js';

export interface VerifyOptions {
  /** Read each entry as JSON too, and not its position alone. */
  contents: boolean;
  /** Told after each bundle how many entries are done. */
  progress?: (entries: number) => void;
}

export interface Verified {
  entries: number;
  findings: Finding[];
  /** Findings that are not listed: there were too many. */
  unlisted: number;
  /** Older checkpoints that this log goes on from. */
  agreed: number;
  /** Entries that name data beside the log. */
  beside: number;
  allIdsSeen: boolean;
}

const AT_ONCE = 8;
const MOST_NOTES = 200;
const NOT_UTF8 = { code: 'ENTRY_UNREADABLE', what: 'is not UTF-8' } as const;

/** Reads the whole log up to the checkpoint and says what is wrong with it, if anything. */
export async function verifyLog(log: LogSource, checkpoint: Checkpoint, older: readonly Checkpoint[], { contents, progress }: VerifyOptions): Promise<Verified> {
  const reading = new Reading(log, checkpoint.size, [...new Set(older.map(({ size }) => size))].sort((a, b) => a - b), contents);
  await reading.run(progress);
  const { findings, agreed } = await judge(log, checkpoint, older, reading.seen);
  const { reached, unlisted, differing, missing } = reading.seen;
  return { entries: reached, findings, unlisted: unlisted + differing.unlisted + missing.unlisted, agreed, beside: reading.contents?.beside ?? 0, allIdsSeen: reading.contents?.allIdsSeen ?? true };
}

class Reading {
  readonly seen: Seen;
  readonly contents: EntryContents | undefined;

  constructor(
    private readonly log: LogSource,
    private readonly size: number,
    stops: readonly number[],
    contents: boolean,
  ) {
    this.contents = contents ? new EntryContents() : undefined;
    this.seen = { reached: 0, byEntries: new TreeBuilder(stops), byTiles: undefined, differing: new Ranges(), elsewhere: new Ranges(), missing: new Ranges(), uppers: new Map(), tileNotes: [], contentNotes: [], unlisted: 0 };
  }

  async run(progress: VerifyOptions['progress']): Promise<void> {
    const load = async (number: number) => {
      const width = Math.min(TILE_WIDTH, this.size - number * TILE_WIDTH);
      const [bytes, tile] = await Promise.all([this.log.entries(number, width), this.log.tile(0, number, width)]);
      return { number, width, bytes, tile };
    };
    for await (const { number, width, bytes, tile } of inOrder(Math.ceil(this.size / TILE_WIDTH), AT_ONCE, load)) {
      const known = tile?.length === width * HASH_BYTES ? tile : undefined;
      if (known === undefined) this.noteTile(`tile/0 number ${number} is ${tile === undefined ? 'not handed out' : 'not as wide as it should be'}`);
      if (!this.take(number * TILE_WIDTH, width, bytes === undefined ? undefined : readBundle(bytes, width), known)) break;
      this.seen.reached += width;
      await this.compareUppers(this.takeFull());
      progress?.(this.seen.reached);
    }
    await this.compareUppers((this.seen.byEntries ?? this.seen.byTiles)?.partial() ?? []);
  }

  /** False when neither entries nor hashes are there to go on with. */
  private take(start: number, width: number, bundle: Bundle | undefined, tile: Buffer | undefined): boolean {
    const { seen } = this;
    if (bundle !== undefined) this.look(start, bundle, bundle.count === width);
    const entries = bundle?.count === width ? bundle.hashes : undefined;
    if (entries === undefined) this.place(start, width, bundle, tile);
    else if (tile !== undefined && !tile.equals(entries)) {
      for (let at = 0; at < width; at += 1) if (!isSame(tile, entries, at, at)) seen.differing.add(start + at);
    }
    if (entries === undefined && tile === undefined) return false;
    if (seen.byTiles === undefined && (entries === undefined || (tile !== undefined && !tile.equals(entries)))) seen.byTiles = seen.byEntries?.fork();
    if (entries === undefined) seen.byEntries = undefined;
    else seen.byEntries?.append(entries);
    const row = tile ?? entries;
    if (row !== undefined) seen.byTiles?.append(row);
    return true;
  }

  /** Of a bundle without all its entries: finds out which there are. */
  private place(start: number, width: number, bundle: Bundle | undefined, tile: Buffer | undefined): void {
    const at = new Map<number, number>();
    for (let one = 0; one < (bundle?.count ?? 0); one += 1) at.set((bundle?.positions[one] ?? 0) - 1 - start, one);
    for (let slot = 0; slot < width; slot += 1) {
      const one = at.get(slot);
      if (one === undefined) this.seen.missing.add(start + slot);
      else if (tile !== undefined && bundle !== undefined && !isSame(tile, bundle.hashes, slot, one)) this.seen.differing.add(start + slot);
    }
  }

  private look(start: number, bundle: Bundle, complete: boolean): void {
    if (!bundle.whole && bundle.count > 0) this.noteTile(`tile/entries number ${start / TILE_WIDTH} has bytes that are no entry`);
    for (let at = 0; at < bundle.count; at += 1) {
      if (complete && bundle.positions[at] !== start + at + 1) this.seen.elsewhere.add(start + at);
      const problem = !bundle.utf8 && !isUtf8(bundle.entry(at)) ? NOT_UTF8 : this.contents?.problemOf(bundle.entry(at));
      if (problem === undefined) continue;
      // Where some are missing, an entry itself knows best.
      const position = complete ? start + at + 1 : (bundle.positions[at] ?? 0);
      if (this.seen.contentNotes.length < MOST_NOTES) this.seen.contentNotes.push({ code: problem.code, what: `The entry at position ${position} ${problem.what}.`, from: position, to: position });
      else this.seen.unlisted += 1;
    }
  }

  private takeFull(): BuiltTile[] {
    const [entries, tiles] = [this.seen.byEntries?.takeFull(), this.seen.byTiles?.takeFull()];
    return entries ?? tiles ?? [];
  }

  private async compareUppers(built: readonly BuiltTile[]): Promise<void> {
    for (const { level, number, hashes } of built) {
      const width = hashes.length / HASH_BYTES;
      const tile = await this.log.tile(level, number, width);
      if (tile?.equals(hashes) === true) continue;
      if (tile?.length !== hashes.length) this.noteTile(`tile/${level} number ${number} is ${tile === undefined ? 'not handed out' : 'not as wide as it should be'}`);
      const ranges = this.seen.uppers.get(level) ?? new Ranges();
      this.seen.uppers.set(level, ranges);
      for (let at = 0; at < width; at += 1) if (tile?.length !== hashes.length || !isSame(tile, hashes, at, at)) ranges.add(number * TILE_WIDTH + at);
    }
  }

  private noteTile(what: string): void {
    if (this.seen.tileNotes.length < MOST_NOTES) this.seen.tileNotes.push(what);
    else this.seen.unlisted += 1;
  }
}

function isSame(a: Buffer, b: Buffer, inA: number, inB: number): boolean {
  return a.compare(b, inB * HASH_BYTES, (inB + 1) * HASH_BYTES, inA * HASH_BYTES, (inA + 1) * HASH_BYTES) === 0;
}
