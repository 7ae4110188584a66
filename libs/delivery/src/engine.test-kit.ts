import { type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createEvent, type PosthornEvent } from '@posthorn/contracts';
import { INBOX_MIGRATIONS, LEDGER_MIGRATIONS, LedgerModule } from '@posthorn/ledger';
import { MessagingModule } from '@posthorn/messaging';
import { ObservabilityModule } from '@posthorn/observability';
import { Database, PersistenceModule, provisionSchema } from '@posthorn/persistence';
import { type TestDatabase, useDatabase, waitFor } from '@posthorn/testing';
import { z } from 'zod';
import { type ConnectionConfig } from './connection.config.js';
import { type Connection, ConnectionRegistry } from './connection.registry.js';
import { Deliveries } from './deliveries.service.js';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult } from './delivery.handler.js';
import { DELIVERY_MIGRATIONS } from './delivery.migrations.js';
import { DeliveryModule, type DeliveryModuleOptions } from './delivery.module.js';
import { type DeliveryState } from './delivery.states.js';
import { Delivers } from './delivers.decorator.js';
import { Dispatcher } from './dispatcher.service.js';
import { Intake } from './intake.service.js';
import { type ProviderDefinition } from './provider.definition.js';

export interface ProviderCall {
  readonly connection: string;
  readonly eventId: string;
  readonly attempt: number;
  readonly deliveryId: string;
  readonly signal: AbortSignal;
}

/** A provider whose behaviour a test scripts; it remembers every call. */
export class ScriptedProvider {
  readonly calls: ProviderCall[] = [];
  running = 0;
  mostRunning = 0;
  behaviour: (call: ProviderCall) => Promise<string> = (call) => Promise.resolve(`ext-${call.eventId}`);

  async call(call: ProviderCall): Promise<string> {
    this.calls.push(call);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      return await this.behaviour(call);
    } finally {
      this.running -= 1;
    }
  }

  callsOf(eventId: string): ProviderCall[] {
    return this.calls.filter((call) => call.eventId === eventId);
  }
}

@Delivers({ types: 'lead.submitted', action: 'sync-lead' })
export class LeadHandler implements DeliveryHandler<'lead.submitted', ScriptedProvider> {
  orderingKey(event: PosthornEvent<'lead.submitted'>): string {
    return event.data.person.email;
  }

  skip(event: PosthornEvent<'lead.submitted'>): string | undefined {
    return event.data.message === 'skip me' ? 'the test says so' : undefined;
  }

  async deliver(event: PosthornEvent<'lead.submitted'>, call: DeliveryCall<ScriptedProvider>): Promise<DeliveryResult> {
    return { externalId: await call.provider.call(callOf(event.id, call)), outcome: 'crm.contact.synced', facts: { created: true } };
  }
}

export function callOf(eventId: string, { connection, attempt, deliveryId, signal }: DeliveryCall<ScriptedProvider>): ProviderCall {
  return { connection: connection.id, eventId, attempt, deliveryId, signal };
}

export const leadOf = (email: string, message?: string): PosthornEvent<'lead.submitted'> =>
  createEvent({ site: 'acme', type: 'lead.submitted', data: { person: { email }, ...(message === undefined ? {} : { message }) } });

export interface Engine {
  readonly database: Database;
  readonly intake: Intake;
  readonly deliveries: Deliveries;
  provider(connection?: string): ScriptedProvider;
  connection(id?: string): Connection;
  /** Waits until the event's only delivery is in the state. */
  reaches(eventId: string, state: DeliveryState, timeoutMs?: number): Promise<void>;
  /** Types of the outcomes written about an event, in order. */
  outcomes(eventId: string): Promise<string[]>;
  readonly dispatcher: Dispatcher;
  stop(): Promise<void>;
}

export interface EngineOptions {
  readonly connections?: readonly Partial<ConnectionConfig>[];
  readonly handlers?: DeliveryModuleOptions<ScriptedProvider>['handlers'];
  readonly eraser?: DeliveryModuleOptions<ScriptedProvider>['eraser'];
  readonly retry?: DeliveryModuleOptions<ScriptedProvider>['retry'];
  /** Replicas share the provider, as they do outside of tests. */
  readonly providers?: Map<string, ScriptedProvider>;
  /** The provider's question whether it accepts the credentials; it has none by default. */
  readonly check?: () => Promise<void>;
  readonly natsServers?: string[];
  readonly archiveAfterMs?: number;
  /** Runs before the dispatcher starts. */
  readonly prepare?: (app: INestApplicationContext) => void;
}

export const SERVICE = 'crm-sync';

export async function useDeliveryDatabase(): Promise<TestDatabase> {
  const database = await useDatabase();
  await provisionSchema({
    admin: { url: database.adminUrl },
    schema: 'crm',
    role: 'crm',
    migrations: [...LEDGER_MIGRATIONS, ...INBOX_MIGRATIONS, ...DELIVERY_MIGRATIONS],
    access: 'read-write',
  });
  return database;
}

/** The modules of a service with scripted providers; without NATS servers it runs as with NATS down. */
export function modulesOf(database: TestDatabase, providers: Map<string, ScriptedProvider>, options: EngineOptions) {
  const definition: ProviderDefinition<ScriptedProvider> = {
    name: 'scripted',
    check: options.check,
    options: z.unknown(),
    create: (_options, { connection }) => {
      const provider = providers.get(connection.id) ?? new ScriptedProvider();
      providers.set(connection.id, provider);
      return provider;
    },
  };
  const connections = (options.connections ?? [{}]).map((given) => ({ id: 'acme-crm', site: 'acme', provider: 'scripted', options: {}, ...given }));
  return [
    ObservabilityModule.forRoot({ service: SERVICE, logLevel: 'silent' }),
    PersistenceModule.forRoot({ url: database.urlFor('crm'), schema: 'crm', service: SERVICE }),
    MessagingModule.forRoot({ servers: options.natsServers ?? ['127.0.0.1:1'], service: SERVICE }),
    LedgerModule.forRoot({ inbox: true }),
    DeliveryModule.forRoot<ScriptedProvider>({
      service: SERVICE,
      connections,
      providers: [definition],
      handlers: options.handlers ?? [LeadHandler],
      eraser: options.eraser,
      retry: options.retry ?? { firstDelayMs: 20, maxDelayMs: 100 },
      archiveAfterMs: options.archiveAfterMs,
    }),
  ];
}

export function engineOf(app: INestApplicationContext, providers: Map<string, ScriptedProvider>): Engine {
  const database = app.get(Database);
  const deliveries = app.get(Deliveries, { strict: false });
  return {
    database,
    deliveries,
    intake: app.get(Intake, { strict: false }),
    provider: (connection = 'acme-crm') => required(providers.get(connection), connection),
    connection: (id = 'acme-crm') => required(app.get(ConnectionRegistry, { strict: false }).get(id), id),
    reaches: async (eventId, state, timeoutMs = 10_000) => {
      let last: unknown;
      await waitFor(
        async () => {
          [last] = await deliveries.ofEvent(eventId);
          return (last as { state?: string } | undefined)?.state === state;
        },
        { timeoutMs, everyMs: 10, describe: () => `${state} of ${eventId}; it is ${JSON.stringify(last)}` },
      );
    },
    outcomes: async (eventId) => {
      const rows = await database.query<{ type: string }>(`SELECT type FROM ledger WHERE envelope::json -> 'data' -> 'event' ->> 'id' = $1 ORDER BY id`, [eventId]);
      return rows.map(({ type }) => type);
    },
    dispatcher: app.get(Dispatcher, { strict: false }),
    stop: () => app.close(),
  };
}

export async function startEngine(database: TestDatabase, options: EngineOptions = {}): Promise<Engine> {
  const providers = options.providers ?? new Map<string, ScriptedProvider>();
  const module = await Test.createTestingModule({ imports: modulesOf(database, providers, options) }).compile();
  module.useLogger(false);
  await module.get(Database).ready();
  options.prepare?.(module);
  await module.init();
  return engineOf(module, providers);
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`The engine has no connection ${name}.`);
  return value;
}
