import { type DynamicModule, Module } from '@nestjs/common';
import { IntegrationModule } from '@posthorn/delivery';
import { type ReconciliationOptions } from '@posthorn/ledger';
import { BookingSyncHandler } from './booking-sync/booking-sync.handler.js';
import { type CalendarConfig, SCHEMA, SERVICE } from './config.js';
import { AppointmentEraser } from './erasing/appointment.eraser.js';
import { PROVIDERS } from './providers/index.js';

const HANDLERS = [BookingSyncHandler];

/** Everything the calendar service is made of. */
@Module({})
export class AppModule {
  static forRoot(config: CalendarConfig, reconciliation?: ReconciliationOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [IntegrationModule.forRoot({ service: SERVICE, schema: SCHEMA, config, providers: PROVIDERS, handlers: HANDLERS, eraser: AppointmentEraser, reconciliation })],
    };
  }
}
