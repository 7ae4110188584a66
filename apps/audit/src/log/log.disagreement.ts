import type { TreeHead } from '../tree/checkpoint.js';
import type { TreeReader } from '../tree/tree.reader.js';

/** The log is not what was signed. */
export interface Disagreement {
  code: 'LOG_FORKED' | 'LOG_ROLLED_BACK';
  message: string;
  remedy: string;
  facts: { size: number; signedSize: number; signedIn: string };
}

/** Something signed earlier, and where that was found. */
export interface SignedHead extends TreeHead {
  foundIn: string;
}

const RESTORE = 'Nothing is signed meanwhile. Keep a copy of the database as it is, find the first entry that differs (posthorn audit verify), and restore the log from a backup that begins with the checkpoint.';
const NEW_ORIGIN = 'Where no such backup exists, the log cannot go on under its name: give it another audit.origin, and keep the old checkpoints as evidence.';

/** Compares the log with what was signed of it: it must still begin with each of these trees. */
export async function disagreementOf(reader: TreeReader, size: number, signed: readonly SignedHead[]): Promise<Disagreement | undefined> {
  for (const head of signed) {
    const facts = { size, signedSize: head.size, signedIn: head.foundIn };
    if (head.size > size) {
      const message = `The log has ${size} entries, but a checkpoint in ${head.foundIn} says that it had ${head.size}: its end is gone.`;
      return { code: 'LOG_ROLLED_BACK', message, remedy: `${RESTORE} ${NEW_ORIGIN}`, facts };
    }
    const root = await rootOf(reader, head.size);
    if (root?.equals(head.root) === true) continue;
    const message = `The first ${head.size} entries of the log are not those of the checkpoint in ${head.foundIn}: ${root === undefined ? 'some are missing' : 'they were changed'}.`;
    const remedy = `${RESTORE} ${NEW_ORIGIN} If the checkpoint belongs to another log, correct audit.checkpoints.store.`;
    return { code: 'LOG_FORKED', message, remedy, facts };
  }
  return undefined;
}

async function rootOf(reader: TreeReader, size: number): Promise<Buffer | undefined> {
  try {
    return await reader.root(size);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
