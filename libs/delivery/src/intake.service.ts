import { Injectable, Logger } from '@nestjs/common';
import { type Envelope, type PosthornEvent, SITE_ID, TYPE_NAME, upgradeEvent, UUID_V7 } from '@posthorn/contracts';
import { Inbox, Ledger, type LedgerEntry } from '@posthorn/ledger';
import { Database } from '@posthorn/persistence';
import { BooksStore } from './books/books.store.js';
import { DeliveryMetrics } from './delivery.metrics.js';
import { DeliveryOutcomes } from './delivery.outcomes.js';
import { DeliveryPlanner } from './delivery.planner.js';
import { type PlannedDelivery } from './delivery.row.js';
import { DeliveryStore } from './delivery.store.js';
import { Dispatcher } from './dispatcher.service.js';

/** From the stream into the inbox and the deliveries, in one transaction: what it resolved for is safe to acknowledge. */
@Injectable()
export class Intake {
  private readonly logger = new Logger(Intake.name);

  constructor(
    private readonly database: Database,
    private readonly inbox: Inbox,
    private readonly ledger: Ledger,
    private readonly planner: DeliveryPlanner,
    private readonly store: DeliveryStore,
    private readonly outcomes: DeliveryOutcomes,
    private readonly dispatcher: Dispatcher,
    private readonly metrics: DeliveryMetrics,
    private readonly books: BooksStore,
  ) {}

  /** Events may come again and in any order; each becomes its deliveries once. */
  async take(envelopes: readonly Envelope<unknown>[]): Promise<void> {
    const readable = envelopes.filter((envelope): envelope is PosthornEvent => this.isRecordable(envelope));
    // What nobody here handles must not be in the inbox: a release that learns to would take it for done.
    const events = readable.filter((event) => this.planner.takes(event)).map(upgradeEvent);
    this.metrics.intake.inc({ result: 'passed' }, readable.length - events.length);
    if (events.length === 0) return;
    const { fresh, planned } = await this.takeIn(events);
    this.metrics.intake.inc({ result: 'new' }, fresh.length);
    this.metrics.intake.inc({ result: 'repeated' }, events.length - fresh.length);
    this.dispatcher.wake(new Set(planned.filter(isPending).map(({ connection }) => connection)));
  }

  private takeIn(events: readonly PosthornEvent[]): Promise<{ fresh: PosthornEvent[]; planned: PlannedDelivery[] }> {
    return this.database.transaction(async (tx) => {
      const fresh = await this.inbox.record(tx, events);
      const planned = this.planner.plan(fresh);
      await this.store.plan(tx, planned);
      await this.ledger.append(tx, planned.map((each) => this.outcomes.ofPlan(each)).filter((entry): entry is LedgerEntry => entry !== undefined));
      // Last: it locks the row of a site's day, which the next intake may want.
      await this.books.countUnconnected(tx, this.planner.unconnected(fresh));
      return { fresh, planned };
    });
  }

  /** What the reconciler has fetched, as though it had just arrived. */
  async recover(entries: readonly object[]): Promise<void> {
    await this.take(entries as Envelope<unknown>[]);
  }

  /** Whether there is enough of an envelope to keep: who, what and whose. Its data may still be beyond this version. */
  private isRecordable(envelope: Envelope<unknown> | undefined): boolean {
    const { id, site, type } = (envelope ?? {}) as Partial<Record<'id' | 'site' | 'type', unknown>>;
    const matches = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);
    if (matches(id, UUID_V7) && matches(site, SITE_ID) && matches(type, TYPE_NAME)) return true;
    this.metrics.intake.inc({ result: 'unreadable' });
    this.logger.error({ eventId: matches(id, UUID_V7) ? id : undefined }, 'A message of the stream is no event and was passed over');
    return false;
  }
}

const isPending = ({ state }: PlannedDelivery): boolean => state === 'pending';
