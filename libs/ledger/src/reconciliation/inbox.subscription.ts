import type { Database } from '@posthorn/persistence';
import { IdTable } from './id.table.js';
import type { PublishedEntry } from './ledger.peer.js';
import type { Subscription } from './subscription.js';

/** A service that keeps the events of one publisher in its inbox. */
export class InboxSubscription implements Subscription {
  readonly publishers: readonly string[];
  private readonly inbox: IdTable;

  constructor(
    database: Database,
    publisher: string,
    private readonly intake: (events: readonly PublishedEntry[]) => Promise<void>,
  ) {
    this.publishers = [publisher];
    this.inbox = new IdTable(database, { table: 'inbox', id: 'event_id' });
  }

  kept(): IdTable {
    return this.inbox;
  }

  take(_publisher: string, events: readonly PublishedEntry[]): Promise<void> {
    return this.intake(events);
  }
}
