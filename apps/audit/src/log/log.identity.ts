import { signedCheckpoint, type TreeHead } from '../tree/checkpoint.js';
import { noteSigner, type NoteSigner, signedNote } from '../tree/note.js';

/** Who the log is: its name for all time, and the keys it signs with now. */
export class LogIdentity {
  private readonly signers: NoteSigner[];

  constructor(
    readonly origin: string,
    seeds: readonly Uint8Array[],
  ) {
    this.signers = seeds.map((seed) => noteSigner(origin, seed));
  }

  /** What others check the signatures with. */
  get verifierKeys(): string[] {
    return this.signers.map(({ verifierKey }) => verifierKey);
  }

  sign(head: TreeHead): string {
    return signedCheckpoint(this.origin, head, this.signers);
  }

  /** Seals an export. The first line of the note is no origin, so that nobody can take it for a checkpoint. */
  sealExport(entries: number, sha256: string): string {
    return signedNote(`posthorn export\n${this.origin}\n${entries}\n${sha256}\n`, this.signers);
  }
}
