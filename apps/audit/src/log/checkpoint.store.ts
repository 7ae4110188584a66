import type { StoreSettings } from '../config.js';
import { BucketStore } from './stores/bucket.store.js';
import { DatabaseStore } from './stores/database.store.js';
import { FolderStore } from './stores/folder.store.js';

/** Keeps checkpoints where whoever can rewrite the log cannot rewrite them too. Rejects while it is away. */
export interface CheckpointStore {
  /** For the log and for people: `the folder /var/lib/…`. */
  readonly name: string;
  /** The note of the largest size; undefined when there is none yet. */
  newest(): Promise<string | undefined>;
  /** Keeps a note for good. Again the same is well; a different one of that size is a CheckpointConflictError. */
  keep(size: number, note: string): Promise<void>;
  close?(): Promise<void>;
}

/** The store of a configuration, for the log of that origin. */
export function storeOf({ folder, database, bucket }: StoreSettings, origin: string): CheckpointStore | undefined {
  if (folder !== undefined) return new FolderStore(folder, origin);
  if (database !== undefined) return new DatabaseStore(database, origin);
  return bucket === undefined ? undefined : new BucketStore(bucket, origin);
}
