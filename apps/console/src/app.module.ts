import { type DynamicModule, Module } from '@nestjs/common';
import { AskedKeys, KeyRing } from '@posthorn/http';
import { Inquiry, MessagingModule } from '@posthorn/messaging';
import { HealthRegistry, ObservabilityModule } from '@posthorn/observability';
import { ServiceDesk } from './asking/service.desk.js';
import { type ConsoleConfig, keyEntryOf, keysOf, SERVICE } from './config.js';
import { ConnectionsController } from './connections/connections.controller.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { RedeliveriesController } from './redeliveries/redeliveries.controller.js';

/** Everything the console is made of. It keeps nothing: what it shows is what the services say at that moment. */
@Module({})
export class AppModule {
  static forRoot({ section, nats, logLevel, otlpEndpoint }: ConsoleConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [ObservabilityModule.forRoot({ service: SERVICE, logLevel, otlpEndpoint }), MessagingModule.forRoot({ ...nats, service: SERVICE })],
      controllers: [ConnectionsController, DeliveriesController, RedeliveriesController],
      providers: [
        { provide: KeyRing, useFactory: () => new KeyRing({ keys: keysOf(section), more: true }) },
        {
          provide: AskedKeys,
          inject: [KeyRing, HealthRegistry, Inquiry],
          useFactory: (ring: KeyRing, health: HealthRegistry, inquiry: Inquiry) =>
            new AskedKeys({ kind: 'operator', ring, health, ask: (subject, question) => inquiry.ask(subject, question), entryOf: keyEntryOf }),
        },
        { provide: ServiceDesk, useFactory: (inquiry: Inquiry) => new ServiceDesk(inquiry, section.services), inject: [Inquiry] },
      ],
    };
  }
}
