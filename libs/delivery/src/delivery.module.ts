import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { EVENTS_PUBLISHER } from '@posthorn/contracts';
import { InboxSubscription, reconcilerOf, type ReconciliationOptions } from '@posthorn/ledger';
import { Archivist } from './archive/archivist.service.js';
import { DeliveryArchive } from './archive/delivery.archive.js';
import { booksAnswersOf } from './books/books.answers.js';
import { BooksStore } from './books/books.store.js';
import { AttemptRunner } from './attempt.runner.js';
import { CIRCUIT_PROVIDERS } from './circuits/index.js';
import { CircuitReporter } from './circuit.reporter.js';
import { type ConnectionConfig } from './connection.config.js';
import { ConnectionRegistry } from './connection.registry.js';
import { DeliveriesController } from './deliveries.controller.js';
import { Deliveries } from './deliveries.service.js';
import { type DeliveryHandler } from './delivery.handler.js';
import { DeliveryMetrics } from './delivery.metrics.js';
import { DeliveryOutcomes } from './delivery.outcomes.js';
import { DeliveryPlanner } from './delivery.planner.js';
import { DeliveryStore } from './delivery.store.js';
import { DELIVERY_OPTIONS } from './delivery.tokens.js';
import { Dispatcher } from './dispatcher.service.js';
import { ERASURE_PROVIDERS, type Eraser, ErasureHandler, eraserProviders, typesTaken } from './erasure/index.js';
import { type AnyHandler, HandlerRegistry } from './handler.registry.js';
import { IntakeController } from './intake.controller.js';
import { Intake } from './intake.service.js';
import { OPERATIONS_PROVIDERS, OperationsController } from './operations/index.js';
import { MappingPreview } from './preview/mapping.preview.js';
import { PreviewController } from './preview/preview.controller.js';
import { type ProviderDefinition } from './provider.definition.js';
import { type RetrySettings } from './retry.policy.js';
import { SettlementWriter } from './settlement.writer.js';

export interface DeliveryModuleOptions<Port> {
  readonly service: string;
  readonly connections: readonly ConnectionConfig[];
  readonly providers: readonly ProviderDefinition<Port>[];
  readonly handlers: readonly Type<DeliveryHandler<never, Port, never>>[];
  /** What is left of a person at its providers and in tables of its own; without it, the service has neither. */
  readonly eraser?: Type<Eraser<Port>>;
  /** The service's default; a connection's `retry` goes first. */
  readonly retry?: RetrySettings;
  /** How what was missed is found out; `since` gives a new service the history from then on. */
  readonly reconciliation?: ReconciliationOptions;
  /** So long what is finished stays out of the archive; default 60 s. */
  readonly archiveAfterMs?: number;
  /** Modules whose exports the handlers inject. */
  readonly imports?: ModuleMetadata['imports'];
}

/**
 * From the event stream to the providers. Needs ObservabilityModule, PersistenceModule, MessagingModule and
 * LedgerModule.forRoot({ inbox: true }) beside it, and the tables of DELIVERY_MIGRATIONS.
 */
@Module({})
export class DeliveryModule {
  static forRoot<Port>(options: DeliveryModuleOptions<Port>): DynamicModule {
    const { service, connections, providers, handlers, eraser, retry, reconciliation, archiveAfterMs, imports = [] } = options;
    return {
      module: DeliveryModule,
      imports,
      controllers: [IntakeController, DeliveriesController, OperationsController, PreviewController, booksAnswersOf(service)],
      providers: [
        ...handlers,
        { provide: DELIVERY_OPTIONS, useValue: { service, archiveAfterMs } },
        { provide: ConnectionRegistry, useFactory: () => new ConnectionRegistry(connections, providers, retry) },
        ...eraserProviders(eraser),
        {
          provide: HandlerRegistry,
          useFactory: (erasure: ErasureHandler, ...instances: AnyHandler[]) => new HandlerRegistry(instances, [erasure]),
          inject: [ErasureHandler, ...handlers],
        },
        {
          provide: DeliveryOutcomes,
          useFactory: (registry: ConnectionRegistry) => new DeliveryOutcomes(service, (id) => registry.get(id)?.providerName),
          inject: [ConnectionRegistry],
        },
        DeliveryMetrics,
        DeliveryStore,
        DeliveryPlanner,
        AttemptRunner,
        SettlementWriter,
        Dispatcher,
        CircuitReporter,
        ...CIRCUIT_PROVIDERS,
        Intake,
        reconcilerOf(Intake, (database, intake) => new InboxSubscription(database, EVENTS_PUBLISHER, (events) => intake.recover(events), typesTaken(handlers)), reconciliation),
        BooksStore,
        DeliveryArchive,
        Archivist,
        Deliveries,
        ...ERASURE_PROVIDERS,
        MappingPreview,
        ...OPERATIONS_PROVIDERS,
      ],
      exports: [Deliveries, ConnectionRegistry, Intake],
    };
  }
}
