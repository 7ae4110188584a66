import { type DynamicModule, Module } from '@nestjs/common';
import { KeyRing } from '@posthorn/http';
import { Inquiry, MessagingModule } from '@posthorn/messaging';
import { ObservabilityModule } from '@posthorn/observability';
import { ServiceDesk } from './asking/service.desk.js';
import { type ConsoleConfig, SERVICE } from './config.js';
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
        { provide: KeyRing, useFactory: () => new KeyRing({ keys: section.keys }) },
        { provide: ServiceDesk, useFactory: (inquiry: Inquiry) => new ServiceDesk(inquiry, section.services), inject: [Inquiry] },
      ],
    };
  }
}
