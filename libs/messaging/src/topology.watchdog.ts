import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type ConsumerInfo, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { Counter } from '@posthorn/observability';
import { addFiltered, filterFor, filterOf, isSame, lets } from './consumer.filter.js';
import { reasonOf, TopologyError } from './messaging.error.js';
import { NatsConnectionProvider } from './nats-connection.provider.js';
import type { ConsumerDefinition, OwnTopology, StreamDefinition } from './topology.definitions.js';
import { type ConsumerFault, type ConsumerMemory, diagnose, remember, wasExchanged } from './topology.diagnosis.js';
import { addConsumer, addStream, consumerInfo, removeConsumer, streamInfo } from './topology.objects.js';

const LOOK_EVERY_MS = 5_000;
/** While something is wrong, at first; then ever more rarely, up to as often as else. */
const FIRST_RETRY_MS = 250;
/** Two clocks are involved, and what arrives twice does no harm. */
const CLOCK_MARGIN_MS = 5 * 60_000;

/**
 * Looks after the streams a service owns and after its own consumers: what is missing, rolled back or stalled is made
 * again, told, and counted. What was lost with it is for the reconciler of `@posthorn/ledger` to fetch.
 */
@Injectable()
export class TopologyWatchdog implements OnModuleInit {
  private readonly logger = new Logger(TopologyWatchdog.name);
  private readonly listeners = new Set<() => void>();
  private readonly troubles = new Map<string, string>();
  private readonly memories = new Map<string, ConsumerMemory>();
  private readonly narrowed = new Set<string>();
  private readonly replicas = new Map<string, number>();
  private readonly repairs: Counter<'object' | 'fault'>;
  private readonly topology: OwnTopology;
  private retryMs = FIRST_RETRY_MS;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly provider: NatsConnectionProvider) {
    this.topology = provider.options.topology ?? {};
    this.repairs = provider.metrics.counter('topology_repairs_total', 'Streams and consumers made again, by what was wrong', ['object', 'fault']);
  }

  onModuleInit(): void {
    const { streams = [], consumers = [] } = this.topology;
    if (streams.length + consumers.length === 0) return;
    const { provider } = this;
    // A service that is ready without NATS is ready without its stream as well: it has a ledger.
    if (provider.options.vital !== false) provider.health.register('topology', () => this.trouble);
    provider.metrics.gauge('topology_unwell', '1 while a stream or consumer of this service is not as it should be', [], (gauge) => {
      gauge.set(this.troubles.size === 0 ? 0 : 1);
    });
    provider.beforeClose(() => this.stop());
    provider.onConnected(() => {
      this.retryMs = FIRST_RETRY_MS;
      this.wake();
    });
  }

  /** What is wrong now; undefined while nothing is. */
  get trouble(): string | undefined {
    if (this.troubles.size === 0) return undefined;
    return [...this.troubles].map(([name, reason]) => `${name} ${reason}`).join('; ');
  }

  /** Runs whenever messages may have been lost: something was made again, or a stream is not the one it was. */
  onDisturbance(listener: () => void): void {
    this.listeners.add(listener);
  }

  private async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  private wake(): void {
    if (this.stopped || this.looking !== undefined) return;
    clearTimeout(this.timer);
    this.looking = this.lookAtAll().finally(() => {
      this.looking = undefined;
      if (this.stopped) return;
      const everyMs = this.topology.lookEveryMs ?? LOOK_EVERY_MS;
      this.retryMs = this.troubles.size === 0 ? FIRST_RETRY_MS : this.retryMs * 2;
      this.timer = setTimeout(() => this.wake(), this.troubles.size === 0 ? everyMs : Math.min(this.retryMs, everyMs)).unref();
    });
  }

  private async lookAtAll(): Promise<void> {
    const connection = this.provider.current();
    if (connection === undefined) return;
    // Asking for the account's figures would need a right of its own.
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const { streams = [], consumers = [] } = this.topology;
    for (const stream of streams) await this.lookAt(stream.name, () => this.mendStream(manager, stream));
    for (const consumer of consumers) await this.lookAt(nameOf(consumer), () => this.mendConsumer(manager, consumer));
  }

  /** Whatever goes wrong is a reason in `/ready` and is tried again; without a connection it is not ours to tell. */
  private async lookAt(name: string, mend: () => Promise<string | undefined>): Promise<void> {
    let trouble: string | undefined;
    try {
      trouble = await mend();
    } catch (error) {
      if (!this.provider.connected || this.stopped) return;
      trouble = `could not be looked after: ${reasonOf(error)}`;
    }
    if (trouble === undefined) {
      this.troubles.delete(name);
      return;
    }
    if (this.troubles.get(name) !== trouble) this.logger.error(`${name} ${trouble}`);
    this.troubles.set(name, trouble);
  }

  private async mendStream(manager: JetStreamManager, wanted: StreamDefinition): Promise<undefined> {
    const found = await streamInfo(manager, wanted.name);
    if (found !== undefined) {
      this.replicas.set(wanted.name, found.config.num_replicas);
      return;
    }
    this.announce(wanted.name, 'is missing and is being made again');
    const { config } = await addStream(manager, { ...wanted, replicas: wanted.replicas ?? this.replicas.get(wanted.name) });
    this.mended(wanted.name, 'missing', { replicas: config.num_replicas });
  }

  private async mendConsumer(manager: JetStreamManager, wanted: ConsumerDefinition): Promise<string | undefined> {
    const name = nameOf(wanted);
    const now = Date.now();
    const before = this.memories.get(name);
    const stream = await streamInfo(manager, wanted.stream);
    if (stream === undefined) return `has no stream ${wanted.stream}; the service that owns it makes it again`;
    const consumer = await consumerInfo(manager, wanted);
    if (consumer === undefined) return this.replace(manager, wanted, 'missing');
    // Looked at again, after the consumer: otherwise every new message would make it seem ahead.
    const current = await manager.streams.info(wanted.stream);
    const memory = remember(consumer, current, before, now);
    const fault = diagnose(consumer, current, memory, now);
    if (fault !== undefined) return this.replace(manager, wanted, fault, consumer.created);
    if (wasExchanged(current, before)) this.disturb();
    this.memories.set(name, memory);
    if (wanted.subjects !== undefined) await this.filter(manager, wanted, consumer, wanted.subjects);
    return undefined;
  }

  /**
   * Narrows it once, and widens it whenever it must: while a release is rolled out, replicas with other wishes look after
   * the same consumer. By making it anew, from the first message on that is not settled: 2.9 loses messages in silence when
   * a filter is changed.
   */
  private async filter(manager: JetStreamManager, wanted: ConsumerDefinition, consumer: ConsumerInfo, subjects: readonly string[]): Promise<void> {
    const name = nameOf(wanted);
    const connection = this.provider.current();
    const actual = filterOf(consumer.config);
    const lacks = !lets(actual, subjects);
    if (connection === undefined || (!lacks && (this.narrowed.has(name) || isSame(actual, filterOf(filterFor(subjects, connection)))))) return;
    const from = consumer.ack_floor.stream_seq + 1;
    if (!(await removeConsumer(manager, wanted, consumer.created))) return;
    await this.add(manager, wanted, from);
    this.logger.log({ object: name, subjects, from }, `${name} was made anew, for what this service takes`);
    // Of what it takes since this release, messages before that one were not delivered.
    if (lacks) this.disturb();
  }

  private async replace(manager: JetStreamManager, wanted: ConsumerDefinition, fault: ConsumerFault, created?: string): Promise<undefined> {
    const name = nameOf(wanted);
    const caughtUpAt = this.memories.get(name)?.caughtUpAt;
    // What it had before, it need not get again; what is missing all the same, the reconciler fetches.
    const startAt = caughtUpAt === undefined ? wanted.startAt : new Date(caughtUpAt.getTime() - CLOCK_MARGIN_MS);
    this.announce(name, `is ${fault} and is being made again`);
    if (created !== undefined && !(await removeConsumer(manager, wanted, created))) return;
    await this.add(manager, wanted, startAt);
    this.mended(name, fault, { from: startAt?.toISOString() ?? 'the beginning' });
  }

  /** Without its filter rather than not at all: what is delivered beyond it is passed over on arrival. */
  private async add(manager: JetStreamManager, wanted: ConsumerDefinition, from?: Date | number): Promise<void> {
    const name = nameOf(wanted);
    this.narrowed.add(name);
    const connection = this.provider.current();
    try {
      if (connection === undefined || wanted.subjects === undefined) await addConsumer(manager, wanted, from);
      else await addFiltered(connection, wanted, wanted.subjects, from);
    } catch (error) {
      if (!(error instanceof TopologyError)) throw error;
      this.logger.warn({ err: error, object: name }, `${name} cannot be narrowed to what this service takes`);
      await addConsumer(manager, wanted, from);
    }
    this.memories.delete(name);
  }

  /** `/ready` says it while it lasts. */
  private announce(name: string, trouble: string): void {
    if (!this.troubles.has(name)) this.troubles.set(name, trouble);
  }

  private mended(object: string, fault: ConsumerFault, details: object): void {
    this.repairs.inc({ object, fault });
    this.logger.warn({ object, fault, ...details }, `${object} was ${fault} and has been made again`);
    this.disturb();
  }

  private disturb(): void {
    for (const listener of this.listeners) listener();
  }
}

function nameOf({ stream, durable }: ConsumerDefinition): string {
  return `${stream}/${durable}`;
}
