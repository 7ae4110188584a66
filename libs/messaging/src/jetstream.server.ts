import { Logger } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { ConsumerLoop } from './consumer.loop.js';
import { HandlerTable } from './handler.table.js';
import { MessageDispatcher } from './message.dispatcher.js';
import { MessageSettlement } from './message.settlement.js';
import { NatsConnectionProvider } from './nats-connection.provider.js';
import { DEFAULT_ACK_WAIT_MS } from './topology.definitions.js';

export interface ConsumerSubscription {
  stream: string;
  durable: string;
  /** The most messages of a batch (default 200); a handler's own `batch.size` goes before it. Twice as many are held. */
  batchSize?: number;
  /** The consumer's ack wait as provisioned; default 30 s. Long handlers are announced to the server in time. */
  ackWaitMs?: number;
}

export interface JetStreamServerOptions {
  consumers: readonly ConsumerSubscription[];
  /** How long `close()` waits for handlers; default 10 s. What is not done by then comes again. */
  drainTimeoutMs?: number;
}

const DEFAULT_BATCH_SIZE = 200;
const DEFAULT_DRAIN_TIMEOUT_MS = 10_000;

interface Line {
  loop: ConsumerLoop;
  dispatcher: MessageDispatcher;
  settlement: MessageSettlement;
}

/**
 * Serves `@EventPattern` handlers from durable JetStream consumers, at least once: a handler that resolves
 * acknowledges, one that rejects gets its messages again, later. Connect it with `connectMessaging`.
 */
export class JetStreamServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('JETSTREAM');
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger = new Logger(JetStreamServer.name);
  private readonly lines: Line[] = [];

  constructor(
    private readonly provider: NatsConnectionProvider,
    private readonly options: JetStreamServerOptions,
  ) {
    super();
  }

  /** `@MessagePattern` handlers belong to the answering transport. */
  override addHandler(pattern: unknown, callback: MessageHandler, isEventHandler = false, extras: Record<string, unknown> = {}): void {
    if (isEventHandler) super.addHandler(pattern, callback, isEventHandler, extras);
  }

  /** Does not wait for NATS: a service starts in any order. */
  listen(callback: (error?: unknown) => void): void {
    for (const consumer of this.options.consumers) this.lines.push(this.lineOf(consumer));
    for (const { loop } of this.lines) loop.start();
    callback();
  }

  /** Stops fetching, waits for handlers, and for the server's word that their acks have arrived. */
  async close(): Promise<void> {
    const lines = this.lines.splice(0);
    await Promise.all(lines.map(({ loop }) => loop.stop()));
    const deadlineMs = this.options.drainTimeoutMs ?? DEFAULT_DRAIN_TIMEOUT_MS;
    const done = await Promise.all(lines.map(({ dispatcher }) => dispatcher.stop(deadlineMs)));
    if (done.includes(false)) this.logger.error(`Handlers still ran after ${deadlineMs} ms; their messages will come again`);
    for (const { settlement } of lines) settlement.close();
  }

  on(): never {
    throw new Error('JetStreamServer emits no events; ask NatsConnectionProvider.');
  }

  unwrap<T>(): T {
    return this.provider.current() as T;
  }

  private lineOf({ stream, durable, batchSize = DEFAULT_BATCH_SIZE, ackWaitMs = DEFAULT_ACK_WAIT_MS }: ConsumerSubscription): Line {
    const name = `${stream}/${durable}`;
    const handlers = new HandlerTable(stream, batchSize, (pattern) => this.messageHandlers.get(pattern));
    const settlement = new MessageSettlement(this.provider, name, ackWaitMs);
    const dispatcher = new MessageDispatcher(name, 2 * batchSize, handlers, settlement);
    const loop = new ConsumerLoop(this.provider, stream, durable, dispatcher, batchSize);
    return { loop, dispatcher, settlement };
  }
}
