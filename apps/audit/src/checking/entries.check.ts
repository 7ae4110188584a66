import { Database, prepared } from '@posthorn/persistence';
import { leafHash } from '../tree/merkle.hash.js';
import { TreeEdge } from '../tree/tree.edge.js';
import type { CheckFindings } from './check.findings.js';
import { blobsOf, differingIn, entryIn, STORED, type StoredEntry } from './stored.entry.js';

const AT_ONCE = 1_024;
// Between two positions, and not so many from one on: after a restore the statistics of Postgres may know nothing of the
// table yet, and it would sort all that is left for each batch.
const NEXT = prepared(`${STORED} WHERE position > $1 AND position <= $2 ORDER BY entries.position`);
const NEXT_THERE = prepared('SELECT min(position)::float8 AS position FROM entries WHERE position > $1');
const HASHES = prepared(`
  SELECT wanted.sha256, bytes IS NOT NULL AS there, coalesce(sha256(bytes) = decode(wanted.sha256, 'hex'), false) AS genuine
    FROM unnest($1::text[]) AS wanted (sha256) LEFT JOIN entry_blobs ON entry_blobs.sha256 = decode(wanted.sha256, 'hex')`);

/** Reads every entry, and makes the tree anew out of nothing else. */
export class EntriesCheck {
  /** Roots over the entries themselves, at the sizes asked for; none where entries before are missing. */
  readonly roots = new Map<number, Buffer>();

  constructor(
    private readonly database: Database,
    private readonly findings: CheckFindings,
  ) {}

  /** Hashes of the leaves in batches, by the position of the first; a gap is between two batches. */
  async *leaves(size: number, sizes: ReadonlySet<number>): AsyncGenerator<{ first: number; hashes: Buffer[] }> {
    let tree: TreeEdge | undefined = TreeEdge.empty();
    for (let [at, from] = [0, 0]; at < size; from = at) {
      let rows = await this.database.query<StoredEntry>(NEXT, [from, Math.min(from + AT_ONCE, size)]);
      if (rows.length === 0) {
        from = await this.before(from, size);
        rows = await this.database.query<StoredEntry>(NEXT, [from, Math.min(from + AT_ONCE, size)]);
      }
      const named = rows.flatMap((row) => this.look(row));
      await this.lookAtBlobs(named);
      for (const run of runsOf(rows)) {
        const first = run[0]?.position ?? at;
        if (first > at + 1) {
          this.missing(at + 1, first - 1);
          tree = undefined;
        }
        const hashes = run.map(({ leaf }) => leafHash(Buffer.from(leaf)));
        for (const hash of hashes) {
          tree?.append([hash]);
          if (tree !== undefined && sizes.has(tree.size)) this.roots.set(tree.size, tree.root);
        }
        yield { first, hashes };
        at = first + run.length - 1;
      }
      if (rows.length === 0) {
        this.missing(at + 1, size);
        return;
      }
    }
  }

  /** What is before the next entry that there is. */
  private async before(position: number, size: number): Promise<number> {
    const [next] = await this.database.query<{ position: number | null }>(NEXT_THERE, [position]);
    return Math.min(next?.position ?? Infinity, size) - 1;
  }

  private missing(from: number, to: number): void {
    this.findings.note('POSITION_MISSING', from === to ? `No entry stands at position ${from}.` : `No entries stand at positions ${from} to ${to}.`);
  }

  /** Answers what it names. */
  private look(row: StoredEntry): { position: number; sha256: string }[] {
    const { position, leaf } = row;
    const text = entryIn(leaf);
    if (text === undefined) {
      this.findings.note('ENTRY_UNREADABLE', `Position ${position}.`);
      return [];
    }
    if (text.position !== position) this.findings.note('ENTRY_MISPLACED', `What stands at position ${position} says that it is at ${text.position}.`);
    const differing = differingIn(row, text);
    if (differing.length > 0) this.findings.note('COLUMNS_DIFFER', `Position ${position}: ${differing.join(', ')}.`);
    return blobsOf(text).map((sha256) => ({ position, sha256 }));
  }

  private async lookAtBlobs(named: readonly { position: number; sha256: string }[]): Promise<void> {
    if (named.length === 0) return;
    const found = await this.database.query<{ sha256: string; there: boolean; genuine: boolean }>(HASHES, [[...new Set(named.map(({ sha256 }) => sha256))]]);
    const wrong = new Map(found.filter(({ genuine }) => !genuine).map((one) => [one.sha256, one]));
    for (const { position, sha256 } of named) {
      const one = wrong.get(sha256);
      if (one !== undefined) this.findings.note(one.there ? 'BLOB_CHANGED' : 'BLOB_MISSING', `Position ${position} names ${sha256}.`);
    }
  }
}

/** Rows that follow each other without a gap. */
function runsOf(rows: readonly StoredEntry[]): StoredEntry[][] {
  const runs: StoredEntry[][] = [];
  for (const row of rows) {
    const run = runs.at(-1);
    if (run?.at(-1)?.position === row.position - 1) run.push(row);
    else runs.push([row]);
  }
  return runs;
}
