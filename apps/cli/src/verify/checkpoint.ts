import { exactBase64 } from './exact.base64.js';
import { untrue } from './finding.js';
import { EMPTY_ROOT, HASH_BYTES } from './merkle.hash.js';
import { isBy, isGenuine, type Note, parseNote, type VerifierKey } from './signed.note.js';

/** Whom an auditor believes. */
export interface Trust {
  /** Of which log a checkpoint has to be. */
  origin: string;
  keys: readonly VerifierKey[];
  /** Each has to have cosigned the latest checkpoint. */
  witnesses: readonly VerifierKey[];
}

/** What a log committed to: so many entries, and with them that root. */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Buffer;
  note: Buffer;
  /** Where it came from, for reports. */
  source: string;
}

/** Opens a signed note as a checkpoint. Throws Untrue for one that is not signed by whom we trust. */
export function openCheckpoint(bytes: Uint8Array, { origin, keys }: Omit<Trust, 'witnesses'>, source: string): Checkpoint {
  const note = parseNote(bytes);
  if (note === undefined) throw untrue('CHECKPOINT_UNREADABLE', `${source} is not a signed note.`);
  demandSignature(note, keys, source);
  // Only now: what nobody we trust has signed is not to be read.
  const [whose = '', count = '', encoded = '', ...extensions] = note.text.slice(0, -1).split('\n');
  const [size, root] = [/^(?:0|[1-9]\d{0,15})$/.test(count) ? Number(count) : Number.NaN, exactBase64(encoded)];
  if (whose === '' || extensions.includes('') || !Number.isSafeInteger(size) || root?.length !== HASH_BYTES || (size === 0 && !root.equals(EMPTY_ROOT))) {
    throw untrue('CHECKPOINT_UNREADABLE', `${source} is signed, but has not the three lines of a checkpoint.`);
  }
  if (whose !== origin) throw untrue('ORIGIN_DIFFERS', `${source} is of "${whose}", not of "${origin}".`);
  return { origin: whose, size, root, note: Buffer.from(bytes), source };
}

/** Throws Untrue unless one of the keys signed the note, and none of those that did signed something else. */
export function demandSignature(note: Note, keys: readonly VerifierKey[], source: string): void {
  let signed = 0;
  for (const signature of note.signatures) {
    const key = keys.find((one) => isBy(signature, one));
    if (key === undefined) continue;
    if (!isGenuine(note, signature, key)) throw untrue('SIGNATURE_INVALID', `${source} has a signature of ${key.name} that is not by its key.`);
    signed += 1;
  }
  if (signed === 0) throw untrue('SIGNATURE_MISSING', `${source} is not signed by ${keys.map(({ name, id }) => `${name}+${id.toString('hex')}`).join(' or ')}.`);
}

/** Throws Untrue unless every witness vouches for the checkpoint. */
export function demandWitnesses({ note: bytes, source }: Checkpoint, { witnesses }: Trust): void {
  const note = parseNote(bytes);
  for (const witness of witnesses) {
    const cosignatures = note?.signatures.filter((signature) => isBy(signature, witness)) ?? [];
    if (note === undefined || cosignatures.length === 0) throw untrue('WITNESS_MISSING', `${source} is not cosigned by ${witness.name}.`);
    if (!cosignatures.every((signature) => isGenuine(note, signature, witness))) throw untrue('SIGNATURE_INVALID', `${source} has a cosignature of ${witness.name} that is not by its key.`);
  }
}
