import { type DynamicModule, Module } from '@nestjs/common';
import { EVENTS_STREAM } from '@posthorn/contracts';
import { DeliveryModule } from '@posthorn/delivery';
import { LedgerModule, type ReconciliationOptions } from '@posthorn/ledger';
import { MessagingModule } from '@posthorn/messaging';
import { ObservabilityModule } from '@posthorn/observability';
import { PersistenceModule } from '@posthorn/persistence';
import { type CrmConfig, SCHEMA, SERVICE } from './config.js';
import { CustomerSyncHandler } from './customer-sync/customer-sync.handler.js';
import { FormSyncHandler } from './form-sync/form-sync.handler.js';
import { LeadSyncHandler } from './lead-sync/lead-sync.handler.js';
import { NewsletterSyncHandler } from './newsletter-sync/newsletter-sync.handler.js';
import { OrderSyncHandler } from './order-sync/order-sync.handler.js';
import { PROVIDERS } from './providers/index.js';

/** Everything the CRM service is made of. */
@Module({})
export class AppModule {
  static forRoot({ section, database, nats, logLevel, otlpEndpoint }: CrmConfig, reconciliation?: ReconciliationOptions): DynamicModule {
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
          handlers: [LeadSyncHandler, FormSyncHandler, OrderSyncHandler, CustomerSyncHandler, NewsletterSyncHandler],
          reconciliation: { since: section.since, ...reconciliation },
        }),
      ],
    };
  }
}
