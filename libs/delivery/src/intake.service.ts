import { Injectable, Logger } from '@nestjs/common';
import { type Envelope, type PosthornEvent, SITE_ID, TYPE_NAME, upgradeEvent, UUID_V7 } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { Database } from '@posthorn/persistence';
import { DeliveryMetrics } from './delivery.metrics.js';
import { DeliveryOutcomes } from './delivery.outcomes.js';
import { DeliveryPlanner } from './delivery.planner.js';
import { type PlannedDelivery } from './delivery.row.js';
import { Dispatcher } from './dispatcher.service.js';
import { takeIn } from './intake.statement.js';

/** From the stream into the inbox and the deliveries, in one statement: what it resolved for is safe to acknowledge. */
@Injectable()
export class Intake {
  private readonly logger = new Logger(Intake.name);

  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly planner: DeliveryPlanner,
    private readonly outcomes: DeliveryOutcomes,
    private readonly dispatcher: Dispatcher,
    private readonly metrics: DeliveryMetrics,
  ) {}

  /** Events may come again and in any order; each becomes its deliveries once. */
  async take(envelopes: readonly Envelope<unknown>[]): Promise<void> {
    const readable = envelopes.filter((envelope): envelope is PosthornEvent => this.isRecordable(envelope));
    // What nobody here handles must not be in the inbox: a release that learns to would take it for done.
    const events = readable.filter((event) => this.planner.takes(event)).map(upgradeEvent);
    this.metrics.intake.inc({ result: 'passed' }, readable.length - events.length);
    if (events.length === 0) return;
    const { fresh, planned, outcomes } = await takeIn(this.database, events, this.planner, (each) => this.outcomes.ofPlan(each));
    this.ledger.publish(outcomes);
    this.metrics.intake.inc({ result: 'new' }, fresh.length);
    this.metrics.intake.inc({ result: 'repeated' }, events.length - fresh.length);
    this.dispatcher.wake(new Set(planned.filter(isPending).map(({ connection }) => connection)));
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
