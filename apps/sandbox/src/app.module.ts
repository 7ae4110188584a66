import { Module, type DynamicModule } from '@nestjs/common';
import { ObservabilityModule } from '@posthorn/observability';
import { CalendarStore } from './caldav/calendar.store.js';
import { Clock } from './clock.js';
import type { SandboxConfig } from './config.js';
import { FaultBoard } from './faults/fault.board.js';
import { FaultsController } from './faults/faults.controller.js';
import { CallList } from './hubspot/hubspot.calls.js';
import { HubSpotStore } from './hubspot/hubspot.store.js';
import { MailboxStore } from './mail/mailbox.store.js';
import { ProviderHost } from './provider.host.js';
import { ProviderStores } from './records/provider.stores.js';
import { RecordsController } from './records/records.controller.js';
import { SnapshotFile } from './records/snapshot.file.js';
import { SANDBOX_CONFIG } from './tokens.js';
import { WEBSITE_CONTROLLERS, WEBSITE_PROVIDERS } from './website/website.parts.js';

@Module({})
export class AppModule {
  static with(config: SandboxConfig): DynamicModule {
    const { section } = config;
    return {
      module: AppModule,
      imports: [ObservabilityModule.forRoot({ service: 'sandbox', logLevel: config.logLevel, otlpEndpoint: config.otlpEndpoint })],
      controllers: [FaultsController, RecordsController, ...WEBSITE_CONTROLLERS],
      providers: [
        Clock,
        FaultBoard,
        ProviderHost,
        ProviderStores,
        ...WEBSITE_PROVIDERS,
        { provide: SANDBOX_CONFIG, useValue: config },
        { provide: SnapshotFile, useFactory: () => new SnapshotFile(section.dataDir) },
        { provide: CallList, useFactory: () => new CallList() },
        {
          provide: HubSpotStore,
          inject: [Clock, SnapshotFile],
          useFactory: (clock: Clock, file: SnapshotFile) => new HubSpotStore(clock, section.hubspotSearchLagMs, () => file.touch()),
        },
        {
          provide: MailboxStore,
          inject: [Clock, SnapshotFile],
          useFactory: (clock: Clock, file: SnapshotFile) => new MailboxStore(clock, () => file.touch()),
        },
        {
          provide: CalendarStore,
          inject: [Clock, SnapshotFile],
          useFactory: (clock: Clock, file: SnapshotFile) =>
            new CalendarStore(`/caldav/calendars/${section.websiteSite}/`, clock, () => file.touch()),
        },
      ],
    };
  }
}
