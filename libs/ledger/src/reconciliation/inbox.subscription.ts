import type { Database } from '@posthorn/persistence';
import { IdTable } from './id.table.js';
import type { PublishedEntry } from './ledger.peer.js';
import type { Subscription } from './subscription.js';

/** A service that keeps the events of one publisher in its inbox. */
export class InboxSubscription implements Subscription {
  readonly publishers: readonly string[];

  constructor(
    private readonly database: Database,
    publisher: string,
    private readonly intake: (events: readonly PublishedEntry[]) => Promise<void>,
    readonly types?: readonly string[],
  ) {
    this.publishers = [publisher];
  }

  kept(_publisher: string, types?: readonly string[]): IdTable {
    return new IdTable(this.database, { table: 'inbox', id: 'event_id', types });
  }

  take(_publisher: string, events: readonly PublishedEntry[]): Promise<void> {
    return this.intake(events);
  }
}
