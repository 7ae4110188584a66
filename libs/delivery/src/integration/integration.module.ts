import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { eventsOfType } from '@posthorn/contracts';
import { LedgerModule, type ReconciliationOptions } from '@posthorn/ledger';
import { connectMessaging, MessagingModule } from '@posthorn/messaging';
import { ObservabilityModule } from '@posthorn/observability';
import { PersistenceModule } from '@posthorn/persistence';
import { DeliveryModule, type DeliveryModuleOptions } from '../delivery.module.js';
import { typesTaken } from '../erasure/index.js';
import { eventsConsumerOf } from './events.consumer.js';
import { type IntegrationConfig } from './integration.settings.js';

export interface IntegrationModuleOptions<Port> extends Pick<DeliveryModuleOptions<Port>, 'service' | 'providers' | 'handlers' | 'eraser' | 'retry' | 'imports'> {
  /** Where its tables are. */
  readonly schema: string;
  readonly config: IntegrationConfig;
  /** How often what was missed is looked for, and how far back. */
  readonly reconciliation?: ReconciliationOptions;
}

/** All that an integration service is made of, but for what it delivers and to whom. */
@Module({})
export class IntegrationModule {
  static forRoot<Port>({ service, schema, config, reconciliation, ...delivery }: IntegrationModuleOptions<Port>): DynamicModule {
    const { section, database, nats, logLevel, otlpEndpoint } = config;
    const subjects = typesTaken(delivery.handlers).map(eventsOfType);
    return {
      module: IntegrationModule,
      imports: [
        ObservabilityModule.forRoot({ service, logLevel, otlpEndpoint }),
        PersistenceModule.forRoot({ ...database, schema, service }),
        MessagingModule.forRoot({ ...nats, service, topology: { consumers: [{ ...eventsConsumerOf(service), subjects }] } }),
        LedgerModule.forRoot({ inbox: true, publisher: service }),
        DeliveryModule.forRoot({ ...delivery, service, connections: section.connections, reconciliation: { since: section.since, ...reconciliation } }),
      ],
      exports: [DeliveryModule],
    };
  }
}

/** Connects it to its events and to those who ask it; call it before `startAllMicroservices()`. */
export function connectIntegration(app: INestApplication, service: string): void {
  connectMessaging(app, { consumers: [eventsConsumerOf(service)], answers: true });
}
