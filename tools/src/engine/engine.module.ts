import 'reflect-metadata';
import { Module, type DynamicModule } from '@nestjs/common';
import { type PosthornEvent } from '@posthorn/contracts';
import { type ConnectionConfig, type DeliveryCall, type DeliveryHandler, DeliveryModule, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { LedgerModule } from '@posthorn/ledger';
import { MessagingModule } from '@posthorn/messaging';
import { ObservabilityModule } from '@posthorn/observability';
import { PersistenceModule } from '@posthorn/persistence';
import { z } from 'zod';
import { ENGINE_SCHEMA } from './engine.schema.js';

/** What the engine is about to do at a provider: here, a function. */
export interface EngineCall {
  readonly connection: string;
  readonly deliveryId: string;
  readonly attempt: number;
  /** Whom the event is about. */
  readonly who: string;
}

interface EnginePort {
  call(call: EngineCall): Promise<void>;
}

@Delivers({ types: 'lead.submitted', action: 'sync-lead' })
class LeadHandler implements DeliveryHandler<'lead.submitted', EnginePort> {
  orderingKey(event: PosthornEvent<'lead.submitted'>): string {
    return event.data.person.email;
  }

  async deliver(event: PosthornEvent<'lead.submitted'>, { provider, connection, deliveryId, attempt }: DeliveryCall<EnginePort>): Promise<DeliveryResult> {
    await provider.call({ connection: connection.id, deliveryId, attempt, who: event.data.person.email });
    return { externalId: deliveryId, outcome: 'crm.contact.synced', facts: { created: true } };
  }
}

export interface EngineSettings {
  databaseUrl: string;
  connections: readonly Pick<ConnectionConfig, 'id' | 'site' | 'guard'>[];
  provider: (call: EngineCall) => Promise<void>;
}

@Module({})
class EngineModule {}

/** The delivery engine as a service has it, with a provider of ours and without NATS: its outcomes stay in its outbox. */
export function engineModule({ databaseUrl, connections, provider }: EngineSettings): DynamicModule {
  const service = 'engine';
  return {
    module: EngineModule,
    imports: [
      ObservabilityModule.forRoot({ service, logLevel: 'silent' }),
      PersistenceModule.forRoot({ url: databaseUrl, schema: ENGINE_SCHEMA, service }),
      MessagingModule.forRoot({ servers: ['127.0.0.1:1'], service }),
      LedgerModule.forRoot({ inbox: true }),
      DeliveryModule.forRoot<EnginePort>({
        service,
        connections: connections.map((connection) => ({ ...connection, provider: 'function', options: {} })),
        providers: [{ name: 'function', options: z.unknown(), create: () => ({ call: provider }) }],
        handlers: [LeadHandler],
        retry: { firstDelayMs: 50, maxDelayMs: 1_000 },
      }),
    ],
  };
}
