import { CheckpointShelf } from '../log/checkpoint.shelf.js';
import type { CheckpointStore } from '../log/checkpoint.store.js';
import type { SignedHead } from '../log/log.disagreement.js';
import { LogIdentity } from '../log/log.identity.js';
import { type Checkpoint, parseCheckpoint } from '../tree/checkpoint.js';
import { NoteError } from '../tree/note.js';
import type { CheckFindings } from './check.findings.js';

const DATABASE = 'the database';

/** The newest checkpoint of every place where some are kept, each signed by the log itself. */
export class SignedHeads {
  constructor(
    private readonly shelf: CheckpointShelf,
    private readonly store: CheckpointStore | undefined,
    private readonly identity: LogIdentity,
    private readonly findings: CheckFindings,
  ) {}

  async read(): Promise<SignedHead[]> {
    const kept = await this.shelf.newest();
    const outside = await this.outside();
    return [...this.headOf(kept?.note, DATABASE), ...(this.store === undefined ? [] : this.headOf(outside, this.store.name))];
  }

  private async outside(): Promise<string | undefined> {
    try {
      return await this.store?.newest();
    } catch (error) {
      this.findings.note('STORE_AWAY', `${this.store?.name ?? ''}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  private headOf(note: string | undefined, foundIn: string): SignedHead[] {
    if (note === undefined) return [];
    const checkpoint = this.opened(note, foundIn);
    if (checkpoint === undefined) return [];
    const { size, root, signatures } = checkpoint;
    // Signatures of Ed25519 are the same whenever they are made.
    const own = new Set(parseCheckpoint(this.identity.sign({ size, root })).signatures);
    if (!signatures.some((line) => own.has(line))) this.findings.note('CHECKPOINT_UNSIGNED', `The checkpoint of ${size} entries in ${foundIn}.`);
    return [{ size, root, foundIn }];
  }

  private opened(note: string, foundIn: string): Checkpoint | undefined {
    try {
      const checkpoint = parseCheckpoint(note);
      if (checkpoint.origin === this.identity.origin) return checkpoint;
      this.findings.note('CHECKPOINT_UNREADABLE', `What is in ${foundIn} is of "${checkpoint.origin}", and this log is "${this.identity.origin}".`);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      this.findings.note('CHECKPOINT_UNREADABLE', `What is in ${foundIn} cannot be read.`);
    }
    return undefined;
  }
}
