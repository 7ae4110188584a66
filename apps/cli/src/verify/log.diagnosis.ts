import { movedTo, readBundle } from './entry.bundle.js';
import { type Finding, positions } from './finding.js';
import { type LogSource } from './log.source.js';
import { type Seen } from './log.seen.js';
import { HASH_BYTES, leafHash } from './merkle.hash.js';
import { type Range } from './ranges.js';
import { TILE_WIDTH } from './tile.path.js';

/** The tiles of the leaves lead to the signed root, and some entries are not in them: says of each what became of it. */
export async function explain(log: LogSource, size: number, { differing, missing }: Seen): Promise<Finding[]> {
  const nearby = new Nearby(log, size);
  const changes: Finding[] = [];
  for (const range of differing.list) changes.push(await nearby.explain(range, missing.list.some(({ from }) => from === range.to + 1)));
  const moved = changes.filter(({ code }) => code === 'ENTRY_REMOVED');
  const lost = missing.list
    // Where those after a removed entry moved up, one is short at the end; nothing else is missing there.
    .filter(({ from }) => !moved.some(({ to }) => to === from))
    .map(({ from, to }) => lostIn(from + 1, to + 1, size));
  return [...changes, ...lost].sort((a, b) => (a.from ?? 0) - (b.from ?? 0));
}

function lostIn(from: number, to: number, size: number): Finding {
  if (to === size) return { code: 'LOG_CUT', what: `The log is signed over ${size} entries; those from position ${from} on are not handed out.`, from, to };
  return { code: 'ENTRY_MISSING', what: `${from === to ? `The entry at position ${from} is` : `The entries at ${positions(from, to)} are`} not handed out.`, from, to };
}

interface Entry {
  bytes: Buffer;
  leaf: Buffer;
  position: number;
}

/** Entries and leaves around a place. */
class Nearby {
  private readonly kept = new Map<number, Promise<{ entries: Entry[]; tile: Buffer | undefined }>>();

  constructor(
    private readonly log: LogSource,
    private readonly size: number,
  ) {}

  /** `short`: whether what comes right after the range is missing. */
  async explain({ from: first, to: last }: Range, short: boolean): Promise<Finding> {
    const position = first + 1;
    const [here, next, wanted, following] = [await this.entry(first), await this.entry(first + 1), await this.leaf(first), await this.leaf(first + 1)];
    const is = (entry: Entry | undefined, at: number, leaf: Buffer | undefined): boolean => entry !== undefined && leaf !== undefined && (entry.leaf.equals(leaf) || leafHash(movedTo(at, entry.bytes)).equals(leaf));
    const rest = { from: position, to: last + 1 };
    const movedUp = (last > first || short) && is(here, position + 1, following);
    const movedDown = last > first && is(next, position, wanted);
    if (movedUp && movedDown) return { code: 'ENTRY_MISPLACED', what: `The entries at ${positions(position, position + 1)} changed places${last > first + 1 ? `, and more up to ${last + 1} differ` : ''}.`, ...rest };
    if (movedUp) return { code: 'ENTRY_REMOVED', what: `The entry at position ${position} was taken out; ${positions(position, last + 1)} now ${last > first ? 'have' : 'has'} what followed.`, ...rest };
    if (movedDown) return { code: 'ENTRY_INSERTED', what: `What stands at position ${position} was put in; from ${position + 1} to ${last + 1} stands what was one before.`, ...rest };
    const claimed = here?.position ?? 0;
    const leaf = claimed > 0 && claimed !== position && claimed <= this.size ? await this.leaf(claimed - 1) : undefined;
    if (here !== undefined && leaf?.equals(here.leaf) === true) {
      return { code: 'ENTRY_MISPLACED', what: `At position ${position} stands the entry of position ${claimed}${last > first ? `, and ${positions(position + 1, last + 1)} differ too` : ''}.`, ...rest };
    }
    return { code: 'ENTRY_CHANGED', what: `${last === first ? `The entry at position ${position} does` : `The entries at ${positions(position, last + 1)} do`} not hash to what the log committed to.`, ...rest };
  }

  private async entry(index: number): Promise<Entry | undefined> {
    if (index >= this.size) return undefined;
    const { entries } = await this.around(index);
    return entries[index % TILE_WIDTH];
  }

  private async leaf(index: number): Promise<Buffer | undefined> {
    if (index >= this.size) return undefined;
    const { tile } = await this.around(index);
    const at = (index % TILE_WIDTH) * HASH_BYTES;
    return tile?.subarray(at, at + HASH_BYTES);
  }

  private async around(index: number): Promise<{ entries: Entry[]; tile: Buffer | undefined }> {
    const number = Math.floor(index / TILE_WIDTH);
    // Ranges come in order, and each looks no further than into the next bundle.
    if (this.kept.size > 4) this.kept.clear();
    const found = this.kept.get(number) ?? this.load(number);
    this.kept.set(number, found);
    return found;
  }

  private async load(number: number): Promise<{ entries: Entry[]; tile: Buffer | undefined }> {
    const width = Math.min(TILE_WIDTH, this.size - number * TILE_WIDTH);
    const [bytes, tile] = await Promise.all([this.log.entries(number, width), this.log.tile(0, number, width)]);
    const bundle = bytes === undefined ? undefined : readBundle(bytes, width);
    const leaf = (at: number): Buffer => bundle?.hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES) ?? Buffer.alloc(0);
    const entries = Array.from({ length: bundle?.count ?? 0 }, (_, at) => ({ bytes: bundle?.entry(at) ?? Buffer.alloc(0), leaf: leaf(at), position: bundle?.positions[at] ?? 0 }));
    return { entries, tile };
  }
}
