import { type World } from '../../cli.context.js';
import { misuse } from '../../cli.error.js';
import { accessTo } from '../../client.settings.js';
import { parse } from '../../command.js';
import { call } from '../../http.client.js';
import { harmless } from '../../table.js';
import { type Checkpoint, openCheckpoint, type Trust } from '../../verify/checkpoint.js';
import { positionAt } from '../../verify/entry.bundle.js';
import { untrue } from '../../verify/finding.js';
import { leafHash } from '../../verify/merkle.hash.js';
import { isIncluded } from '../../verify/merkle.proof.js';
import { compareWithLatest, decodeProof } from './continuation.js';
import { count, tell } from './report.js';
import { findingOf, olderIn, rememberedIn, TRUST, trustOf } from './trust.js';

const OPTIONS = { ...TRUST, checkpoint: { type: 'string', multiple: true } } as const;

/** What the log answers for a proof, before any of it is believed. */
export interface Answer {
  position?: unknown;
  index?: unknown;
  leaf?: unknown;
  checkpoint?: unknown;
  proof?: unknown;
}

interface Leaf {
  kind?: string;
  recordedAt?: string;
  event?: string;
  envelope?: { id?: string; type?: string; causationid?: string };
}

/** An entry that was proven to be in the log that was signed. */
export interface Proven {
  checkpoint: Checkpoint;
  position: number;
  leaf: Leaf;
  hashes: number;
}

export async function proofOf(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('audit', args, OPTIONS);
  const [id] = positionals;
  if (id === undefined || positionals.length > 1) throw misuse('Of which event or entry? It takes one id.', 'audit');
  const trust = trustOf(values, world);
  const { older, findings } = olderIn(values.checkpoint ?? [], rememberedIn(values, trust, world), trust, world);
  const access = accessTo('audit', values, world);
  const answer = await call<Answer>(access, `/v1/entries/${encodeURIComponent(id)}/proof`);
  try {
    const proven = provenBy(answer, id, trust);
    const { checkpoint, position, leaf } = proven;
    findings.push(...(await compareWithLatest(access, checkpoint, older)));
    return tell({ lines: linesOf(proven, older.length), findings, unlisted: 0, details: { origin: checkpoint.origin, size: checkpoint.size, position, entry: leaf } }, values.json === true, world);
  } catch (error) {
    return tell({ lines: [], findings: [...findings, findingOf(error)], unlisted: 0, details: { origin: trust.origin } }, values.json === true, world);
  }
}

/** Throws Untrue where the answer does not prove the entry. */
export function provenBy({ position, index, leaf, checkpoint: note, proof }: Answer, id: string, trust: Trust): Proven {
  if (typeof index !== 'number' || position !== index + 1 || typeof leaf !== 'string' || typeof note !== 'string') throw untrue('PROOF_WRONG', 'The answer is not a proof.');
  const checkpoint = openCheckpoint(Buffer.from(note), trust, 'the checkpoint of the proof');
  const bytes = Buffer.from(leaf);
  const hashes = decodeProof(proof);
  if (!isIncluded({ index, leaf: leafHash(bytes), size: checkpoint.size, root: checkpoint.root, proof: hashes })) throw untrue('PROOF_WRONG', `The entry is not proven to be at position ${position} of ${checkpoint.size}.`);
  if (positionAt(bytes, 0, bytes.length) !== position) throw untrue('ENTRY_MISPLACED', `What stands at position ${position} says of itself that it is at another.`);
  const entry = JSON.parse(leaf) as Leaf;
  if (entry.envelope?.id !== id && entry.event !== id) throw untrue('PROOF_WRONG', `The entry at position ${position} is another than ${id}.`);
  return { checkpoint, position, leaf: entry, hashes: hashes.length };
}

function linesOf({ checkpoint: { origin, size, root }, position, leaf, hashes }: Proven, older: number): string[] {
  return [
    `${leaf.kind ?? 'entry'} ${leaf.envelope?.type ?? ''} ${leaf.envelope?.id ?? ''}, recorded ${leaf.recordedAt ?? ''}`,
    `is entry ${count(position)} of the ${count(size)} that ${origin} signed:`,
    `its hash and ${hashes} others lead to the root ${root.toString('base64')}.`,
    older === 0 ? 'No older checkpoint is remembered to compare with.' : 'The checkpoint goes on from the latest that is remembered.',
    'The proof says that the entry was there when the checkpoint was signed, and just so; not that what it tells is true.',
  ].map(harmless);
}
