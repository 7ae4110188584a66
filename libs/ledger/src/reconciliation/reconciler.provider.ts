import type { FactoryProvider, Type } from '@nestjs/common';
import { Inquiry, NatsConnectionProvider, TopologyWatchdog } from '@posthorn/messaging';
import { Metrics } from '@posthorn/observability';
import { Database } from '@posthorn/persistence';
import { Reconciler } from './reconciler.service.js';
import type { ReconciliationOptions, Subscription } from './subscription.js';

/** The reconciler of a service, which hands what was missed to `intake`. Needs the `reconciliation` table. */
export function reconcilerOf<I>(
  intake: Type<I>,
  subscriptionOf: (database: Database, intake: I) => Subscription,
  options: ReconciliationOptions = {},
): FactoryProvider<Reconciler> {
  return {
    provide: Reconciler,
    inject: [Database, Inquiry, NatsConnectionProvider, TopologyWatchdog, Metrics, intake],
    useFactory: (database: Database, inquiry: Inquiry, connection: NatsConnectionProvider, watchdog: TopologyWatchdog, metrics: Metrics, taking: I) =>
      new Reconciler({ database, inquiry, connection, watchdog, metrics }, subscriptionOf(database, taking), options),
  };
}
