import type { IdTable } from './id.table.js';
import type { PublishedEntry } from './ledger.peer.js';

/** What a service keeps of what others publish, as the reconciler sees it. */
export interface Subscription {
  /** Whom it is compared with; without names everybody who says that he publishes. */
  readonly publishers?: readonly string[];
  /** Which types it takes; without them, all. One that it did not take before is caught up with as by a service that is new. */
  readonly types?: readonly string[];
  /** Where the ids of what came from this publisher are kept, those of these types. */
  kept(publisher: string, types?: readonly string[]): IdTable;
  /**
   * Takes entries as though they had just arrived, as often as they come. What it resolves for is settled, also
   * when it chose to pass an entry over.
   */
  take(publisher: string, entries: readonly PublishedEntry[]): Promise<void>;
}

export interface ReconciliationOptions {
  /** Between two comparisons, give or take a fifth; default 30 s. */
  everyMs?: number;
  /** The same for a minute after something was lost or came back; default 5 s. */
  hurryMs?: number;
  /** What is younger is most likely on its way; default 10 s. */
  minAgeMs?: number;
  /** How long after its id was made an entry may still be committed: so far each comparison goes back. Default 2 min. */
  lateMs?: number;
  /** From when on a service that is new wants to know everything; default: the 72 hours that a stream remembers. */
  since?: Date;
}
