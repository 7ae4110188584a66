/** What can be wrong with the log's database: what it means, and what to do. */
export const CHECKS = {
  POSITION_MISSING: ['Entries are gone that the log had: positions have no gap.', 'Restore the log from a backup that has them.'],
  ENTRY_UNREADABLE: ['What lies there is not an entry.', 'Restore the entry from a backup.'],
  ENTRY_MISPLACED: ['The entry says of itself that it stands at another position.', 'Restore both positions from a backup.'],
  ENTRY_OR_TILE_CHANGED: ['An entry was changed after it was recorded, or its tile was; which of them, the comparison with the checkpoints above says.', 'Restore the entry or the tile from a backup.'],
  COLUMNS_DIFFER: ['The entry itself is not touched, but it is looked for by something that is not in it: filters, counts and rights of auditors go by these columns.', 'Set the columns to what the entry says, as the owner of the schema, and find out who changed them.'],
  BLOB_MISSING: ['Data that an entry names by its SHA-256 is gone.', 'Restore it from a backup: table entry_blobs.'],
  BLOB_CHANGED: ['Data beside the log is not that which the entry names.', 'Restore it from a backup: table entry_blobs.'],
  TILE_MISSING: ['A tile is gone: proofs and new entries need it.', 'Restore the tile from a backup.'],
  TILE_CHANGED: ['The hashes of a tile and the root that stands for them were not made together.', 'Restore the tile from a backup.'],
  TILE_ABOVE_DIFFERS: ['A tile has another hash than the root of the tile below it.', 'Restore both tiles from a backup.'],
  TILE_BEYOND: ['There are tiles of entries that the log does not have: its end was cut off, or entries and tiles come from different backups.', 'Restore both from the same backup.'],
  LOG_FORKED: ['The log does not begin with what was signed of it.', 'Keep a copy of the database as it is, and restore the log from a backup that begins with the checkpoint.'],
  LOG_ROLLED_BACK: ['A checkpoint was signed over more entries than there are: the backup is too old, or the end was cut off.', 'Complete it from a better backup. Tell your auditors before you go on with an older one.'],
  TILES_FORKED: ['The entries are those that were signed; the tiles are not.', 'Restore the tiles from a backup.'],
  CHECKPOINT_UNREADABLE: ['What is kept as a checkpoint is none of this log.', 'Look at audit.origin, and where checkpoints are kept: audit.checkpoints.store.'],
  CHECKPOINT_UNSIGNED: ['None of the keys in audit.signingKeys signed the checkpoint just so: it was altered, or signed with keys that have been taken out.', 'If the keys were replaced since, check once more with the old one added.'],
  STORE_AWAY: ['The checkpoints outside could not be read, so the log was not compared with them.', 'Check once more when the store is back.'],
  KEY_UNUSABLE: ['The personal values of this person cannot be read: their key does not open.', 'Add the wrapping key to audit.encryption.keys again, or restore the row of the table people.'],
} as const satisfies Record<string, readonly [meaning: string, remedy: string]>;

export type CheckCode = keyof typeof CHECKS;

const LISTED_EACH = 20;

/** What was found, by its code. Of each so many are listed, and all counted. */
export class CheckFindings {
  private readonly found = new Map<CheckCode, { count: number; listed: string[] }>();

  note(code: CheckCode, what: string): void {
    const known = this.found.get(code) ?? { count: 0, listed: [] };
    known.count += 1;
    if (known.listed.length < LISTED_EACH) known.listed.push(what);
    this.found.set(code, known);
  }

  get codes(): CheckCode[] {
    return [...this.found.keys()];
  }

  /** For a person, line by line; none where all is right. */
  get lines(): string[] {
    return [...this.found].flatMap(([code, { count, listed }]) => {
      const more = count > listed.length ? [`  and ${(count - listed.length).toLocaleString('en')} more`] : [];
      const [meaning, remedy] = CHECKS[code];
      return ['', code, ...listed.map((what) => `  ${what}`), ...more, `  It means: ${meaning}`, `  Do: ${remedy}`];
    });
  }
}
