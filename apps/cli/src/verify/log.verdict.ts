import { type Checkpoint } from './checkpoint.js';
import { compareOlder } from './checkpoint.trail.js';
import { type Finding, positions } from './finding.js';
import { explain } from './log.diagnosis.js';
import { type LogSource } from './log.source.js';
import { type Seen } from './log.seen.js';
import { HASH_BYTES } from './merkle.hash.js';
import { type Range } from './ranges.js';
import { TILE_WIDTH } from './tile.path.js';
import { TreeBuilder } from './tree.builder.js';

/** Names what is wrong. What to believe is decided by the signed root alone: first the entries, then the finest tiles that lead to it. */
export async function judge(log: LogSource, checkpoint: Checkpoint, older: readonly Checkpoint[], seen: Seen): Promise<{ findings: Finding[]; agreed: number }> {
  const complete = seen.reached === checkpoint.size;
  const leadsToRoot = (tree: TreeBuilder | undefined): boolean => complete && tree?.root().equals(checkpoint.root) === true;
  const [entriesRight, tilesRight] = [leadsToRoot(seen.byEntries), leadsToRoot(seen.byTiles)];
  const rootsAt = (size: number): Buffer[] => [seen.byEntries, seen.byTiles].flatMap((tree) => tree?.rootAt.get(size) ?? []);
  const trail = compareOlder({ checkpoint, older, rootsAt, reached: seen.reached, settled: entriesRight || tilesRight });
  const notes = [...misplaced(seen), ...seen.contentNotes.filter(({ from = 0 }) => !seen.differing.has(from - 1))];
  if (entriesRight) return { agreed: trail.agreed, findings: [...notes, ...wrongTiles(seen), ...trail.findings] };
  if (tilesRight) {
    const changes = await explain(log, checkpoint.size, seen);
    return { agreed: trail.agreed, findings: [...changes, ...notes, ...trail.findings] };
  }
  const cut = complete ? [] : [lostFrom(seen.missing.list[0]?.from ?? seen.reached, checkpoint)];
  const rewritten = complete ? await narrow(log, checkpoint, seen, trail.between) : [];
  return { agreed: trail.agreed, findings: [...cut, ...rewritten, ...notes, ...trail.findings] };
}

/** Of the entries as they were committed to: those that say another position than theirs. */
function misplaced({ elsewhere, differing }: Seen): Finding[] {
  const own = elsewhere.list.filter(({ from, to }) => !differing.has(from) && !differing.has(to));
  return own.map(({ from, to }) => ({ code: 'ENTRY_MISPLACED', what: `What stands at ${positions(from + 1, to + 1)} says of itself that it is at another.`, from: from + 1, to: to + 1 }));
}

function wrongTiles({ differing, uppers, tileNotes }: Seen): Finding[] {
  const of = (level: number, { from, to }: Range): Finding => {
    const span = TILE_WIDTH ** level;
    return { code: 'TILE_WRONG', what: `tile/${level} does not have the hashes of ${positions(from * span + 1, (to + 1) * span)}.`, from: from * span + 1, to: (to + 1) * span };
  };
  const levels = [...differing.list.map((range) => of(0, range)), ...[...uppers].flatMap(([level, { list }]) => list.map((range) => of(level, range)))];
  return [...levels, ...tileNotes.map((what): Finding => ({ code: 'TILE_WRONG', what: `${what}.` }))];
}

function lostFrom(index: number, { size, source }: Checkpoint): Finding {
  return { code: 'LOG_CUT', what: `${source} is signed over ${size} entries; of those from position ${index + 1} on nothing is handed out.`, from: index + 1, to: size };
}

/** Neither entries nor their tiles lead to the root: perhaps tiles further up still do, or older checkpoints say where it went wrong. */
async function narrow(log: LogSource, checkpoint: Checkpoint, seen: Seen, between: Range): Promise<Finding[]> {
  for (const [level, { list }] of [...seen.uppers].sort(([a], [b]) => a - b)) {
    if (!(await leadToRoot(log, checkpoint, level, seen))) continue;
    const span = TILE_WIDTH ** level;
    return list.map(({ from, to }) => rewrite(from * span + 1, Math.min((to + 1) * span, checkpoint.size), `tile/${level} still has the hashes that were signed, and they differ there`));
  }
  return [rewrite(between.from + 1, between.to, between.from === 0 ? 'no older checkpoint agrees with it' : `the older checkpoint of ${between.from} entries still agrees`)];
}

function rewrite(from: number, to: number, why: string): Finding {
  return { code: 'TREE_REWRITTEN', what: `Somewhere in ${positions(from, to)} the log is not what was signed: ${why}.`, from, to };
}

async function leadToRoot(log: LogSource, { size, root }: Checkpoint, level: number, { byEntries, byTiles }: Seen): Promise<boolean> {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  const tree = new TreeBuilder();
  for (let number = 0; number * TILE_WIDTH < hashes; number += 1) {
    const width = Math.min(TILE_WIDTH, hashes - number * TILE_WIDTH);
    const tile = await log.tile(level, number, width);
    if (tile?.length !== width * HASH_BYTES) return false;
    tree.append(tile);
  }
  // What no tile of that level stands for yet comes last, as one more hash.
  const right = (byEntries ?? byTiles)?.root(level);
  if (right !== undefined) tree.append(right);
  return tree.root().equals(root);
}
