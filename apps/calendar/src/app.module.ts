import { type DynamicModule, Module } from '@nestjs/common';
import { EVENTS_STREAM } from '@posthorn/contracts';
import { DeliveryModule } from '@posthorn/delivery';
import { LedgerModule, type ReconciliationOptions } from '@posthorn/ledger';
import { MessagingModule } from '@posthorn/messaging';
import { ObservabilityModule } from '@posthorn/observability';
import { PersistenceModule } from '@posthorn/persistence';
import { BookingSyncHandler } from './booking-sync/booking-sync.handler.js';
import { type CalendarConfig, SCHEMA, SERVICE } from './config.js';
import { PROVIDERS } from './providers/index.js';

/** Everything the calendar service is made of. */
@Module({})
export class AppModule {
  static forRoot({ section, database, nats, logLevel, otlpEndpoint }: CalendarConfig, reconciliation?: ReconciliationOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ObservabilityModule.forRoot({ service: SERVICE, logLevel, otlpEndpoint }),
        PersistenceModule.forRoot({ ...database, schema: SCHEMA, service: SERVICE }),
        MessagingModule.forRoot({ ...nats, service: SERVICE, topology: { consumers: [{ stream: EVENTS_STREAM, durable: SERVICE }] } }),
        LedgerModule.forRoot({ inbox: true, publisher: SERVICE }),
        DeliveryModule.forRoot({
          service: SERVICE,
          connections: section.connections,
          providers: PROVIDERS,
          handlers: [BookingSyncHandler],
          reconciliation: { since: section.since, ...reconciliation },
        }),
      ],
    };
  }
}
