import { Controller, type DynamicModule, Inject, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { EVENTS_STREAM, eventsOfType, ledgerSubject, type PosthornEvent } from '@posthorn/contracts';
import { connectMessaging, MessagingModule, NatsConnectionProvider, type ReceivedMessage, streamNamed } from '@posthorn/messaging';
import { Metrics, ObservabilityModule } from '@posthorn/observability';
import { Database, PersistenceModule, provisionSchema } from '@posthorn/persistence';
import { type TestDatabase, useDatabase, waitFor } from '@posthorn/testing';
import { Inbox, INBOX_MIGRATIONS, InboxSubscription, Ledger, LEDGER_MIGRATIONS, ledgerAnswersOf, LedgerModule, reconcilerOf, type ReconciliationOptions } from '../index.js';
import { entryOf, lead } from '../ledger.test-kit.js';

export const SUBSCRIBER = 'email';

/** As often as a test can wait for. */
export const OFTEN: ReconciliationOptions = { everyMs: 100, hurryMs: 100, minAgeMs: 0 };

/** Counts, per event, how often it took effect: the rows that its intake committed. */
export class CountingIntake {
  readonly effects = new Map<string, number>();
  refuse: (event: PosthornEvent) => boolean = () => false;

  constructor(
    private readonly database: Database,
    private readonly inbox: Inbox,
    private readonly types?: readonly string[],
  ) {}

  async take(arrived: readonly PosthornEvent[]): Promise<void> {
    const events = arrived.filter(({ type }) => this.types?.includes(type) !== false);
    if (events.some((event) => this.refuse(event))) throw new Error('indigestible');
    const fresh = await this.database.transaction((tx) => this.inbox.record(tx, events));
    for (const { id } of fresh) this.effects.set(id, (this.effects.get(id) ?? 0) + 1);
  }
}

@Controller()
class IntakeController {
  constructor(@Inject(CountingIntake) private readonly intake: CountingIntake) {}

  @EventPattern(EVENTS_STREAM, { batch: { size: 100 } })
  handle(@Payload() messages: ReceivedMessage[]): Promise<void> {
    return this.intake.take(messages.map(({ envelope }) => envelope as PosthornEvent));
  }
}

export interface World {
  database: TestDatabase;
  servers: string[];
}

export async function createWorld(servers: string[]): Promise<World> {
  Logger.overrideLogger(false);
  const database = await useDatabase();
  for (const [schema, migrations] of [['ingress', LEDGER_MIGRATIONS], [SUBSCRIBER, INBOX_MIGRATIONS]] as const) {
    await provisionSchema({ admin: { url: database.adminUrl }, schema, role: schema, migrations, access: 'read-write' });
  }
  return { database, servers };
}

export interface Publisher {
  app: NestFastifyApplication;
  database: Database;
  accept(count: number, make?: () => PosthornEvent): Promise<PosthornEvent[]>;
  /** Into the ledger only, as though NATS had taken it and lost it. */
  acceptLost(events: readonly PosthornEvent[]): Promise<void>;
}

/** One of a release that does not know of types answers for all of them. */
export async function startPublisher({ database, servers }: World, { knowsTypes = true } = {}): Promise<Publisher> {
  const topology = { streams: [streamNamed(EVENTS_STREAM)], lookEveryMs: 200 };
  const app = await start('ingress', [
    PersistenceModule.forRoot({ url: database.urlFor('ingress'), schema: 'ingress', service: 'ingress' }),
    MessagingModule.forRoot({ servers, service: 'ingress', topology, vital: false }),
    LedgerModule.forRoot(knowsTypes ? { publisher: 'ingress' } : {}),
    ...(knowsTypes ? [] : [{ module: EarlierAnswersModule }]),
  ], {});
  const ledger = app.get(Ledger);
  const own = app.get(Database);
  return {
    app,
    database: own,
    async accept(count, make = lead) {
      const events = Array.from({ length: count }, () => make());
      await Promise.all(events.map((event) => ledger.accept(entryOf(event))));
      return events;
    },
    async acceptLost(events) {
      await own.query(
        `INSERT INTO ledger (id, site, type, subject, envelope, accepted_at)
         SELECT (e->>'id')::uuid, e->>'site', e->>'type', 'events.acme.lead.submitted', e::text, now() FROM unnest($1::json[]) AS e`,
        [events.map((event) => JSON.stringify(event))],
      );
    },
  };
}

export interface Subscriber {
  app: NestFastifyApplication;
  database: Database;
  intake: CountingIntake;
  metric(name: string): Promise<string>;
  /** Waits until these have taken effect, and checks that each did so once. */
  has(events: readonly PosthornEvent[], timeoutMs?: number): Promise<void>;
}

/** With `listens: false` it hears nothing from the stream, so that only the reconciler is left. */
export async function startSubscriber({ database, servers }: World, options: ReconciliationOptions & { listens?: boolean; reconciles?: boolean; types?: readonly string[] } = {}): Promise<Subscriber> {
  const { listens = true, reconciles = true, types, ...reconciliation } = options;
  const consumers = listens ? [{ stream: EVENTS_STREAM, durable: SUBSCRIBER, subjects: types?.map(eventsOfType) }] : [];
  const app = await start(SUBSCRIBER, [
    PersistenceModule.forRoot({ url: database.urlFor(SUBSCRIBER), schema: SUBSCRIBER, service: SUBSCRIBER }),
    MessagingModule.forRoot({ servers, service: SUBSCRIBER, topology: { consumers, lookEveryMs: 200 } }),
    LedgerModule.forRoot({ ledger: false, inbox: true }),
    IntakeModule.forRoot({ ...OFTEN, ...reconciliation }, reconciles, types),
  ], { consumers });
  const counting = app.get(CountingIntake);
  return {
    app,
    database: app.get(Database),
    intake: counting,
    metric: (name) => app.get(Metrics).registry.getSingleMetricAsString(name),
    async has(events, timeoutMs = 20_000) {
      const missing = (): number => events.filter(({ id }) => !counting.effects.has(id)).length;
      await waitFor(() => missing() === 0, { timeoutMs, describe: () => `${missing()} of ${events.length} events` });
      const twice = events.filter(({ id }) => counting.effects.get(id) !== 1);
      if (twice.length > 0) throw new Error(`${twice.length} events took effect more than once`);
    },
  };
}

type Answers = Record<'digest' | 'ids' | 'entries', (question: object) => Promise<unknown>>;

@Controller()
class EarlierAnswers {
  private readonly answers: Answers;

  constructor(@Inject(Database) database: Database) {
    this.answers = new (ledgerAnswersOf('ingress'))(database) as Answers;
  }

  @MessagePattern(ledgerSubject('digest', 'ingress'))
  digest(@Payload() question: object): Promise<unknown> {
    return this.answers.digest({ ...question, types: undefined });
  }

  @MessagePattern(ledgerSubject('ids', 'ingress'))
  ids(@Payload() question: object): Promise<unknown> {
    return this.answers.ids({ ...question, types: undefined });
  }

  @MessagePattern(ledgerSubject('entries', 'ingress'))
  entries(@Payload() question: object): Promise<unknown> {
    return this.answers.entries(question);
  }
}

@Module({ controllers: [EarlierAnswers] })
class EarlierAnswersModule {}

@Module({})
class IntakeModule {
  static forRoot(options: ReconciliationOptions, reconciles: boolean, types?: readonly string[]): DynamicModule {
    const subscription = (database: Database, intake: CountingIntake): InboxSubscription =>
      new InboxSubscription(database, 'ingress', (events) => intake.take(events as unknown as PosthornEvent[]), types);
    const counting = { provide: CountingIntake, inject: [Database, Inbox], useFactory: (database: Database, inbox: Inbox) => new CountingIntake(database, inbox, types) };
    const reconciler = reconcilerOf(CountingIntake, subscription, options);
    return { module: IntakeModule, controllers: [IntakeController], providers: [counting, ...(reconciles ? [reconciler] : [])] };
  }
}

async function start(service: string, imports: DynamicModule[], { consumers }: { consumers?: { stream: string; durable: string }[] }): Promise<NestFastifyApplication> {
  @Module({ imports: [ObservabilityModule.forRoot({ service, logLevel: 'silent' }), ...imports] })
  class ServiceModule {}
  const app = await NestFactory.create<NestFastifyApplication>(ServiceModule, new FastifyAdapter());
  connectMessaging(app, { consumers, answers: true });
  await app.init();
  await app.startAllMicroservices();
  await Promise.all([app.get(NatsConnectionProvider).whenConnected(), app.get(Database).ready()]);
  return app;
}
