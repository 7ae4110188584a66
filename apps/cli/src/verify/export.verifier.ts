import { type Checkpoint, demandSignature, openCheckpoint, type Trust } from './checkpoint.js';
import { compareOlder } from './checkpoint.trail.js';
import { positionAt } from './entry.bundle.js';
import { EntryContents } from './entry.contents.js';
import { exactBase64 } from './exact.base64.js';
import { type ExportLine, linesOf } from './export.lines.js';
import { type Finding, positions, untrue } from './finding.js';
import { type Verified, type VerifyOptions } from './log.verifier.js';
import { HASH_BYTES, leafHash } from './merkle.hash.js';
import { isIncluded } from './merkle.proof.js';
import { parseNote } from './signed.note.js';
import { TreeBuilder } from './tree.builder.js';
import { TILE_BYTES } from './tile.path.js';

interface Line {
  log?: { origin?: unknown; size?: unknown; checkpoint?: unknown };
  entry?: unknown;
  index?: unknown;
  proof?: unknown;
  end?: { entries?: unknown; sha256?: unknown };
  note?: unknown;
}

/** What an export turned out to be: of the whole log, or of some entries with a proof each. */
export interface VerifiedExport extends Verified {
  checkpoint: Checkpoint;
  whole: boolean;
}

const MOST_FINDINGS = 200;
const PROGRESS_EVERY = 4_096;

/** Verifies an export, line by line; `older` checkpoints can be compared with one of the whole log only. Throws Untrue. */
export async function verifyExport(file: string, trust: Trust, older: readonly Checkpoint[], options: VerifyOptions): Promise<VerifiedExport> {
  let reading: Reading | undefined;
  for await (const line of linesOf(file)) {
    if (reading === undefined) reading = new Reading(headOf(line, trust, file), trust, older, options);
    else reading.take(line);
  }
  if (reading === undefined) throw untrue('EXPORT_CUT', `${file} is empty.`);
  return reading.finish();
}

function headOf(line: ExportLine, trust: Trust, file: string): Checkpoint {
  const { log } = parse(line);
  if (typeof log?.checkpoint !== 'string') throw untrue('EXPORT_UNREADABLE', `${file} does not begin with the log it is of.`);
  const checkpoint = openCheckpoint(Buffer.from(log.checkpoint), trust, 'the checkpoint of the export');
  if (log.origin !== checkpoint.origin || log.size !== checkpoint.size) throw untrue('EXPORT_CHANGED', 'The first line says another origin or size than the checkpoint in it.');
  return checkpoint;
}

function parse({ number, text }: ExportLine): Line {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw untrue('EXPORT_UNREADABLE', `Line ${number} is not a JSON object.`);
}

class Reading {
  private readonly tree: TreeBuilder;
  private readonly leaves = Buffer.alloc(TILE_BYTES);
  private readonly contents: EntryContents | undefined;
  private readonly findings: Finding[] = [];
  private unlisted = 0;
  private entries = 0;
  private last = -1;
  private proven: boolean | undefined;
  private ended = false;

  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly trust: Trust,
    private readonly older: readonly Checkpoint[],
    private readonly options: VerifyOptions,
  ) {
    this.tree = new TreeBuilder([...new Set(older.map(({ size }) => size))].sort((a, b) => a - b));
    this.contents = options.contents ? new EntryContents() : undefined;
  }

  take(line: ExportLine): void {
    if (this.ended) throw untrue('EXPORT_CHANGED', `Line ${line.number} comes after the last.`);
    const { entry, index, proof, end, note } = parse(line);
    if (end !== undefined) {
      this.end(end, note, line);
      return;
    }
    if (typeof entry !== 'string') throw untrue('EXPORT_UNREADABLE', `Line ${line.number} has no entry.`);
    const bytes = Buffer.from(entry);
    const leaf = leafHash(bytes);
    this.proven ??= proof !== undefined;
    const at = this.proven ? this.prove(line.number, index, leaf, proof) : this.append(leaf);
    this.look(at, bytes);
    this.entries += 1;
    if (this.entries % PROGRESS_EVERY === 0) this.options.progress?.(this.entries);
  }

  finish(): VerifiedExport {
    if (!this.ended) throw untrue('EXPORT_CUT', `The file ends after ${this.entries} entries without its last line.`);
    const { checkpoint, entries, unlisted, contents } = this;
    // None at all can be an empty log, or a selection that found nothing.
    const whole = this.proven === undefined ? checkpoint.size === 0 : !this.proven;
    const { agreed, findings } = whole ? this.compare() : { agreed: 0, findings: [] };
    return { checkpoint, whole, entries, unlisted, agreed, findings: [...this.findings, ...findings], beside: contents?.beside ?? 0, allIdsSeen: contents?.allIdsSeen ?? true };
  }

  private append(leaf: Buffer): number {
    const slot = this.entries % (TILE_BYTES / HASH_BYTES);
    this.leaves.set(leaf, slot * HASH_BYTES);
    if ((slot + 1) * HASH_BYTES === TILE_BYTES) {
      this.tree.append(this.leaves);
      this.tree.takeFull();
    }
    return this.entries;
  }

  private prove(line: number, index: unknown, leaf: Buffer, given: unknown): number {
    const proof = Array.isArray(given) ? given.map((hash: unknown) => (typeof hash === 'string' ? exactBase64(hash) : undefined)) : [];
    if (typeof index !== 'number' || !Array.isArray(given) || proof.some((hash) => hash === undefined)) throw untrue('EXPORT_UNREADABLE', `Line ${line} has no index, or a proof that cannot be read.`);
    const { size, root } = this.checkpoint;
    if (index <= this.last) this.note({ code: 'ENTRY_MISPLACED', what: `Line ${line}, position ${index + 1}, comes after position ${this.last + 1}.`, from: index + 1, to: index + 1 });
    this.last = index;
    const hashes = proof.filter((hash) => hash !== undefined);
    if (!isIncluded({ index, leaf, size, root, proof: hashes })) this.note({ code: 'PROOF_WRONG', what: `Line ${line}: the entry is not proven to be at position ${index + 1}.`, from: index + 1, to: index + 1 });
    return index;
  }

  private look(index: number, entry: Buffer): void {
    const position = index + 1;
    const where = { from: position, to: position };
    if (positionAt(entry, 0, entry.length) !== position) this.note({ code: 'ENTRY_MISPLACED', what: `What stands at position ${position} says of itself that it is at another.`, ...where });
    const problem = this.contents?.problemOf(entry);
    if (problem !== undefined) this.note({ code: problem.code, what: `The entry at position ${position} ${problem.what}.`, ...where });
  }

  private end({ entries, sha256 }: NonNullable<Line['end']>, note: unknown, line: ExportLine): void {
    this.ended = true;
    const digest = line.digestBefore();
    if (entries !== this.entries) this.note({ code: 'EXPORT_CHANGED', what: `The last line tells of ${String(entries)} entries; there are ${this.entries}.` });
    else if (sha256 !== digest) this.note({ code: 'EXPORT_CHANGED', what: 'The bytes of the file are not those that the last line was made over.' });
    else if (!this.isSeal(note, digest)) this.note({ code: 'EXPORT_CHANGED', what: 'The last line is not signed by the log, or over another file.' });
  }

  /** Proofs say nothing of what was left out of a selection, nor of what stands beside an entry; this signature does. */
  private isSeal(text: unknown, digest: string): boolean {
    const note = typeof text === 'string' ? parseNote(Buffer.from(text)) : undefined;
    if (note?.text !== `posthorn export\n${this.checkpoint.origin}\n${this.entries}\n${digest}\n`) return false;
    try {
      demandSignature(note, this.trust.keys, 'the last line');
      return true;
    } catch {
      return false;
    }
  }

  private compare(): { agreed: number; findings: Finding[] } {
    const { tree, checkpoint } = this;
    tree.append(this.leaves.subarray(0, (this.entries - tree.size) * HASH_BYTES));
    const right = tree.size === checkpoint.size && tree.root().equals(checkpoint.root);
    // An older export is no shorter log.
    const known = this.older.filter(({ size }) => size <= checkpoint.size);
    const rootsAt = (size: number): Buffer[] => [tree.rootAt.get(size)].filter((root) => root !== undefined);
    const { agreed, findings, between } = compareOlder({ checkpoint, older: known, rootsAt, reached: tree.size, settled: right });
    if (right) return { agreed, findings };
    const count = tree.size === checkpoint.size ? '' : ` It has ${tree.size} entries, and the checkpoint is over ${checkpoint.size}.`;
    const [from, to] = [between.from + 1, Math.max(between.from + 1, between.to)];
    return { agreed, findings: [{ code: 'TREE_REWRITTEN', what: `Somewhere in ${positions(from, to)} the export is not what was signed.${count}`, from, to }, ...findings] };
  }

  private note(finding: Finding): void {
    if (this.findings.length < MOST_FINDINGS) this.findings.push(finding);
    else this.unlisted += 1;
  }
}
