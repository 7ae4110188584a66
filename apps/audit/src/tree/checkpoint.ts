import { HASH_BYTES } from './merkle.hash.js';
import { NoteError, type NoteSigner, signedNote } from './note.js';

/** How large a tree was, and its root: what a checkpoint signs. */
export interface TreeHead {
  size: number;
  root: Buffer;
}

/** The text of a checkpoint (C2SP tlog-checkpoint): three lines, without signatures. */
export function checkpointText(origin: string, { size, root }: TreeHead): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** A checkpoint signed by every key: while a key is being replaced, by the old one and the new one. */
export function signedCheckpoint(origin: string, head: TreeHead, signers: readonly NoteSigner[]): string {
  return signedNote(checkpointText(origin, head), signers);
}

export interface Checkpoint extends TreeHead {
  origin: string;
  text: string;
  /** Signature lines, unchecked. */
  signatures: string[];
}

/** Reads a note as a checkpoint; no signature is checked. Throws NoteError. */
export function parseCheckpoint(note: string): Checkpoint {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin = '', size = '', root = ''] = text.split('\n');
  const bytes = Buffer.from(root, 'base64');
  if (end < 0 || origin === '' || !/^(?:0|[1-9]\d{0,15})$/.test(size) || bytes.length !== HASH_BYTES || bytes.toString('base64') !== root) {
    throw new NoteError('CHECKPOINT_UNREADABLE: a checkpoint has a line with its origin, one with the size of the tree, one with its root, an empty line, and signatures.');
  }
  return { origin, size: Number(size), root: bytes, text, signatures: note.slice(end + 2).split('\n').filter((line) => line !== '') };
}
