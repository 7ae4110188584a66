import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { connect, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import { HealthRegistry, Metrics } from '@posthorn/observability';
import { MessagingUnavailableError, PublishError, reasonOf } from './messaging.error.js';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging.options.js';
import { connectionOptions } from './nats-connection.options.js';

const FIRST_RETRY_MS = 250;
const SLOWEST_RETRY_MS = 5_000;

type Listener = () => void;

/**
 * The process's one connection. It boots without NATS, connects in the background and reconnects for ever;
 * should the client close it all the same, that is fatal and `onFatal` hears of it.
 */
@Injectable()
export class NatsConnectionProvider implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(NatsConnectionProvider.name);
  private readonly connectedListeners = new Set<Listener>();
  private readonly disconnectedListeners = new Set<Listener>();
  private readonly forbiddenListeners = new Set<(subject: string, error: PublishError) => void>();
  private readonly beforeCloseHooks = new Set<() => Promise<void>>();
  private readonly waiting = new Set<PromiseWithResolvers<NatsConnection>>();
  private readonly stopping = new AbortController();
  private connection?: NatsConnection;
  private live = false;
  private trouble: string | undefined = 'not connected yet';
  private closed?: Promise<void>;

  constructor(
    @Inject(MESSAGING_OPTIONS) readonly options: MessagingOptions,
    readonly health: HealthRegistry,
    readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    if (this.options.vital !== false) this.health.register('nats', () => this.trouble);
    this.metrics.gauge('nats_connected', '1 while the connection to NATS is up', [], (gauge) => {
      gauge.set(this.live ? 1 : 0);
    });
    void this.connectForEver();
  }

  /** True while the server is known to be there; false from the moment the socket breaks. */
  get connected(): boolean {
    return this.live;
  }

  /** Why there is no connection now; undefined while there is one. */
  get reason(): string | undefined {
    return this.trouble;
  }

  /** The connection while it is up. */
  current(): NatsConnection | undefined {
    return this.live ? this.connection : undefined;
  }

  /** Resolves with the connection once there is one; rejects when the process shuts down first. */
  whenConnected(): Promise<NatsConnection> {
    if (this.stopping.signal.aborted) return Promise.reject(shuttingDown());
    if (this.live && this.connection !== undefined) return Promise.resolve(this.connection);
    const waiter = Promise.withResolvers<NatsConnection>();
    this.waiting.add(waiter);
    return waiter.promise;
  }

  /** Runs on every (re)connection, and at once when already connected. Returns the way to unsubscribe. */
  onConnected(listener: Listener): Listener {
    this.connectedListeners.add(listener);
    if (this.live) listener();
    return () => this.connectedListeners.delete(listener);
  }

  onDisconnected(listener: Listener): Listener {
    this.disconnectedListeners.add(listener);
    return () => this.disconnectedListeners.delete(listener);
  }

  /** The server names the subject it refused, not the message; without this the sender would wait in vain. */
  onForbiddenPublish(listener: (subject: string, error: PublishError) => void): Listener {
    this.forbiddenListeners.add(listener);
    return () => this.forbiddenListeners.delete(listener);
  }

  /** Awaited before the connection is drained: for those who still have something to publish or to confirm. */
  beforeClose(hook: () => Promise<void>): void {
    this.beforeCloseHooks.add(hook);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Drains and closes; repeated calls share the first one's promise. */
  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private async shutDown(): Promise<void> {
    const results = await Promise.allSettled([...this.beforeCloseHooks].map((hook) => hook()));
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      this.logger.error({ err: result.reason as unknown }, 'Something failed while the connection to NATS was about to close');
    }
    this.stopping.abort();
    for (const waiter of this.waiting) waiter.reject(shuttingDown());
    this.waiting.clear();
    const wasLive = this.live;
    this.live = false;
    this.trouble = 'shutting down';
    if (this.connection === undefined || this.connection.isClosed()) return;
    // A drain needs the server's answer; without a server there is nobody to wait for.
    await (wasLive ? this.connection.drain() : this.connection.close()).catch(() => undefined);
  }

  private async connectForEver(): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; !this.stopping.signal.aborted; waitMs = Math.min(waitMs * 2, SLOWEST_RETRY_MS)) {
      try {
        const connection = await connect(connectionOptions(this.options));
        await this.adopt(connection);
        return;
      } catch (error) {
        this.becomeUnwell(`no connection to NATS at ${this.options.servers.join(', ')}: ${reasonOf(error)}`);
        await pause(waitMs, this.stopping.signal);
      }
    }
  }

  private async adopt(connection: NatsConnection): Promise<void> {
    if (this.stopping.signal.aborted) {
      await connection.close();
      return;
    }
    this.connection = connection;
    void this.follow(connection);
    void connection.closed().then((error) => this.onClosed(error instanceof Error ? error : undefined));
    this.becomeLive(connection);
  }

  private async follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.onBroken();
      if (status.type === 'reconnect') this.becomeLive(connection);
      if (status.type === 'error') this.onError(status.error);
    }
  }

  private onError(error: Error): void {
    this.logger.error({ err: error }, 'NATS refused something');
    if (!(error instanceof PermissionViolationError) || error.operation !== 'publish') return;
    const forbidden = new PublishError('PUBLISH_FORBIDDEN', error.message, { cause: error });
    for (const listener of this.forbiddenListeners) listener(error.subject, forbidden);
  }

  private becomeLive(connection: NatsConnection): void {
    if (this.live || this.stopping.signal.aborted) return;
    this.live = true;
    this.trouble = undefined;
    this.logger.log({ server: connection.getServer() }, 'Connected to NATS');
    for (const waiter of this.waiting) waiter.resolve(connection);
    this.waiting.clear();
    for (const listener of this.connectedListeners) listener();
  }

  private onBroken(): void {
    if (!this.live) return;
    this.live = false;
    this.becomeUnwell(`the connection to NATS at ${this.options.servers.join(', ')} broke; reconnecting`);
    for (const listener of this.disconnectedListeners) listener();
  }

  private becomeUnwell(reason: string): void {
    if (this.trouble !== reason && !this.stopping.signal.aborted) this.logger.warn(reason);
    this.trouble = reason;
  }

  private onClosed(cause: Error | undefined): void {
    this.onBroken();
    if (this.stopping.signal.aborted) return;
    const fatal = new MessagingUnavailableError('The NATS client closed its connection for good; restart the process.', {
      cause,
    });
    this.trouble = fatal.message;
    this.logger.fatal({ err: fatal }, fatal.message);
    (this.options.onFatal ?? endProcess)(fatal);
  }
}

// SIGTERM rather than exit(): the shutdown hooks run, and the supervisor sees a failure.
function endProcess(): void {
  process.exitCode = 1;
  process.kill(process.pid, 'SIGTERM');
}

function shuttingDown(): MessagingUnavailableError {
  return new MessagingUnavailableError('the process is shutting down');
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
