import { Logger } from '@nestjs/common';
import { EVENTS_PUBLISHER } from '@posthorn/contracts';
import { IdTable, type PublishedEntry, type Subscription } from '@posthorn/ledger';
import type { Database } from '@posthorn/persistence';
import { PUBLISHER } from './entry.publisher.js';
import type { EntryRecorder } from './entry.recorder.js';

/** The log, compared with everybody who publishes: ingress has the events, each service its own outcomes. */
export class LogSubscription implements Subscription {
  private readonly logger = new Logger(LogSubscription.name);

  constructor(
    private readonly database: Database,
    private readonly recorder: EntryRecorder,
  ) {}

  kept(publisher: string): IdTable {
    return new IdTable(this.database, { table: 'entries', id: 'id', only: { expression: PUBLISHER, value: publisher } });
  }

  async take(publisher: string, entries: readonly PublishedEntry[]): Promise<void> {
    const origin = `ledger of ${publisher}`;
    if (publisher === EVENTS_PUBLISHER) {
      await this.recorder.record('event', entries.map((envelope) => ({ envelope, origin })));
      return;
    }
    // On the stream a service can speak only for itself; here it must not be able to do more.
    const own = entries.filter(({ source }) => source === `/services/${publisher}`);
    if (own.length < entries.length) this.logger.error({ publisher, entries: entries.length - own.length }, 'A service sent outcomes of another, which were passed over');
    await this.recorder.record('outcome', own.map((envelope) => ({ envelope, origin })));
  }
}
