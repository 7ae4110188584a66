import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Gauge } from '@posthorn/observability';
import { ConsumerPull } from './consumer.pull.js';
import { MAX_HELD_BYTES, type MessageDispatcher } from './message.dispatcher.js';
import { MessagingUnavailableError, reasonOf } from './messaging.error.js';
import type { NatsConnectionProvider } from './nats-connection.provider.js';

const STOP_PATIENCE_MS = 3_000;
const FIRST_RETRY_MS = 250;
const SLOWEST_RETRY_MS = 5_000;
const LOOK_EVERY_MS = 10_000;

/**
 * Fetches for one durable consumer, as much as the dispatcher has room for, until stopped. Whatever goes wrong
 * (no NATS, no stream, no consumer, no permission) is told through health and tried again.
 */
export class ConsumerLoop {
  private readonly logger = new Logger(ConsumerLoop.name);
  private readonly stopping = new AbortController();
  private readonly waiting: Gauge<'consumer'>;
  private readonly unsettled: Gauge<'consumer'>;
  private readonly name: string;
  private trouble: string | undefined = 'has not been reached yet';
  private finished: Promise<void> = Promise.resolve();
  private observer?: NodeJS.Timeout;
  private pull?: ConsumerPull;

  constructor(
    private readonly provider: NatsConnectionProvider,
    private readonly stream: string,
    private readonly durable: string,
    private readonly dispatcher: MessageDispatcher,
    private readonly batchSize: number,
  ) {
    this.name = `${stream}/${durable}`;
    const { metrics } = provider;
    this.waiting = metrics.gauge('consumer_waiting_messages', 'Messages in the stream not delivered yet', ['consumer']);
    this.unsettled = metrics.gauge('consumer_unsettled_messages', 'Delivered, but neither acked nor given up', ['consumer']);
  }

  start(): void {
    this.provider.health.register(`consumer ${this.name}`, () => this.trouble);
    this.observer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
    this.finished = this.run();
  }

  /** Resolves when nothing will arrive any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.observer);
    await this.pull?.close();
    // A wait for room or for a connection may last longer; neither fetches anything once stopping.
    const patience = new AbortController();
    await Promise.race([this.finished, sleep(STOP_PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
  }

  private async run(): Promise<void> {
    let waitMs = FIRST_RETRY_MS;
    while (!this.isStopped()) {
      try {
        const connection = await this.provider.whenConnected();
        await this.judge(connection);
        waitMs = FIRST_RETRY_MS;
        await this.serve(connection);
      } catch (error) {
        if (this.isStopped()) return;
        this.suffer(`cannot be fetched from: ${this.explain(error)}`);
        await this.rest(waitMs);
        waitMs = Math.min(waitMs * 2, SLOWEST_RETRY_MS);
      }
    }
  }

  /** One fetch after another, until one breaks: whatever broke it shows when the consumer is looked up again. */
  private async serve(connection: NatsConnection): Promise<void> {
    const { stream, durable } = this;
    const pull = new ConsumerPull(connection, this.provider.options.service, { stream, durable }, (message) => this.dispatcher.receive(message));
    const interrupted = this.provider.onDisconnected(() => pull.interrupt(new MessagingUnavailableError('the connection broke')));
    this.pull = pull;
    try {
      while (!this.isStopped()) {
        await this.dispatcher.whenRoom(this.batchSize);
        if (!this.isStopped()) await pull.fetch(this.dispatcher.room, MAX_HELD_BYTES);
      }
    } catch (error) {
      this.logger.debug({ err: error, consumer: this.name }, 'A fetch broke');
      await this.rest(FIRST_RETRY_MS);
    } finally {
      interrupted();
      this.pull = undefined;
      // Not waited for: without a server it takes until there is one.
      void pull.close();
    }
  }

  private async look(): Promise<void> {
    const connection = this.provider.current();
    if (connection === undefined || this.isStopped()) return;
    try {
      await this.judge(connection);
    } catch (error) {
      this.suffer(`cannot be looked at: ${this.explain(error)}`);
    }
  }

  private async judge(connection: NatsConnection): Promise<void> {
    const client = jetstream(connection);
    const state = await (await client.consumers.get(this.stream, this.durable)).info(true);
    this.waiting.set({ consumer: this.name }, state.num_pending);
    this.unsettled.set({ consumer: this.name }, state.num_ack_pending);
    const stream = await (await client.streams.get(this.stream)).info();
    if (state.delivered.stream_seq <= stream.state.last_seq) {
      if (this.trouble !== undefined) this.logger.log({ consumer: this.name }, 'Consumer is being served');
      this.trouble = undefined;
      return;
    }
    // The server delivers nothing in this state and says nothing; see the README.
    this.suffer(`is ahead of its stream, which has lost messages; ${this.remedy()}`);
  }

  private suffer(trouble: string): void {
    if (this.trouble !== trouble && this.provider.connected) this.logger.error({ consumer: this.name }, `Consumer ${trouble}`);
    this.trouble = trouble;
  }

  private async rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private explain(error: unknown): string {
    const reason = reasonOf(error);
    return /(stream|consumer) not found|no responders/i.test(reason) ? `${reason}; ${this.remedy()}` : reason;
  }

  private remedy(): string {
    const isMended = this.provider.options.topology?.consumers?.some(({ stream, durable }) => stream === this.stream && durable === this.durable);
    return isMended === true ? 'the topology watchdog makes it again' : 'run the provisioning step';
  }
}
