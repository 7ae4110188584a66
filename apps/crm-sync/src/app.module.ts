import { type DynamicModule, Module } from '@nestjs/common';
import { IntegrationModule } from '@posthorn/delivery';
import { type ReconciliationOptions } from '@posthorn/ledger';
import { type CrmConfig, SCHEMA, SERVICE } from './config.js';
import { CustomerSyncHandler } from './customer-sync/customer-sync.handler.js';
import { PersonEraser } from './erasing/person.eraser.js';
import { FormSyncHandler } from './form-sync/form-sync.handler.js';
import { LeadSyncHandler } from './lead-sync/lead-sync.handler.js';
import { NewsletterSyncHandler } from './newsletter-sync/newsletter-sync.handler.js';
import { OrderSyncHandler } from './order-sync/order-sync.handler.js';
import { PROVIDERS } from './providers/index.js';

const HANDLERS = [LeadSyncHandler, FormSyncHandler, OrderSyncHandler, CustomerSyncHandler, NewsletterSyncHandler];

/** Everything the CRM service is made of. */
@Module({})
export class AppModule {
  static forRoot(config: CrmConfig, reconciliation?: ReconciliationOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [IntegrationModule.forRoot({ service: SERVICE, schema: SCHEMA, config, providers: PROVIDERS, handlers: HANDLERS, eraser: PersonEraser, reconciliation })],
    };
  }
}
