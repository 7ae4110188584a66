/** What can be wrong with a log, what that means, and what to do. */
export const FINDINGS = {
  ENTRY_CHANGED: ['The entry is no longer what the log committed to when it was recorded.', 'Keep this report and the checkpoint. Compare the entry with a backup from before; ask who can write to the database.'],
  ENTRY_MISPLACED: ['An entry stands where another one belongs: the order was changed.', 'Keep this report and the checkpoint. Compare the positions with a backup from before.'],
  ENTRY_REMOVED: ['An entry was taken out, and those after it moved up.', 'Keep this report and the checkpoint. A backup from before has the entry.'],
  ENTRY_INSERTED: ['An entry was put in afterwards, and those after it moved down.', 'Keep this report and the checkpoint. Compare with a backup from before.'],
  ENTRY_MISSING: ['The log committed to these entries and does not hand them out.', 'Ask for them again. If they stay away, they were deleted: a backup from before has them.'],
  ENTRY_UNREADABLE: ['The entry is what the log committed to, and is not in the form of an entry.', 'It was written so. Ask the operator which program wrote it.'],
  ENTRY_REPEATED: ['Two entries have one id: something was recorded twice.', 'Ask the operator; the tree proves only that both were there.'],
  TREE_REWRITTEN: ['Entries and tiles fit together, and not with the signed checkpoint: both were written anew.', 'Keep this report and the checkpoint. More of the older checkpoints (--checkpoint) narrow it further.'],
  TILE_WRONG: ['The entries are right, but a tile that others make proofs of is not.', 'Ask the operator to make the tiles anew of the entries.'],
  LOG_CUT: ['The log once had more entries than it has now.', 'Make sure that no cache stands between you and the log, and ask again. If it stays so, the end was cut off: keep the older checkpoint, it is signed.'],
  LOG_FORKED: ['The log signed two histories that exclude each other.', 'Keep both checkpoints: together they prove it to anybody. Compare with what other auditors and witnesses have.'],
  SIGNATURE_MISSING: ['No key that you trust signed the checkpoint, so it says nothing.', 'Has the log a new key? Get its verifier key from the operator, not from the log, and give it as another --verifier-key.'],
  SIGNATURE_INVALID: ['The checkpoint was changed after it was signed, or never was signed.', 'Ask again; if it stays so, somebody between you and the log, or the log itself, is not to be trusted.'],
  WITNESS_MISSING: ['The witness did not vouch for the checkpoint; it could be one that only you were shown.', 'Ask again in a minute: cosignatures come after the checkpoint.'],
  ORIGIN_DIFFERS: ['It is the checkpoint of another log.', 'Check --url and --checkpoint; --origin says which log it should be.'],
  CHECKPOINT_UNREADABLE: ['It is not a checkpoint (C2SP tlog-checkpoint).', 'Take out of the folder what is no checkpoint, or get the file again.'],
  PROOF_WRONG: ['The proof does not lead from the entry to the root that was signed.', 'Ask again; if it stays so, run posthorn audit verify, which names what was changed.'],
  EXPORT_UNREADABLE: ['The file is not an export, or was damaged.', 'Have it exported again.'],
  EXPORT_CUT: ['The file ends before the export does.', 'Copy it again, or have it exported again.'],
  EXPORT_CHANGED: ['The file is not the one that was exported.', 'Copy it again, or have it exported again.'],
} as const satisfies Record<string, readonly [meaning: string, remedy: string]>;

export type FindingCode = keyof typeof FINDINGS;

/** One thing that is wrong, and where. Positions count from 1. */
export interface Finding {
  code: FindingCode;
  what: string;
  from?: number;
  to?: number;
}

/** Thrown where nothing further can be verified. */
export class Untrue extends Error {
  override readonly name = 'Untrue';

  constructor(readonly finding: Finding) {
    super(`${finding.code}: ${finding.what}`);
  }
}

export const untrue = (code: FindingCode, what: string): Untrue => new Untrue({ code, what });

export const positions = (from: number, to: number): string => (from === to ? `position ${from}` : `positions ${from} to ${to}`);
