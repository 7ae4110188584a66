import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { type MessagingError, MessagingUnavailableError, PublishError, reasonOf } from './messaging.error.js';
import { inboxPrefix } from './messaging.options.js';
import type { NatsConnectionProvider } from './nats-connection.provider.js';

const SWEEP_MS = 500;

/** Exactly one of the two: why there is no reply, or the reply. */
export type OnReply = (error: MessagingError | undefined, reply?: Msg) => void;

interface Flight {
  subject: string;
  deadline: number;
  onReply: OnReply;
}

/**
 * Many requests in flight over one subscription and one timer. The client's own `request` makes a timer, two
 * promises and a stack trace for each, which is most of what a publish or a confirmed ack costs.
 */
export class ReplyWindow {
  private readonly flights = new Map<string, Flight>();
  private readonly idle = new Set<() => void>();
  private inbox?: string;
  private subscribedOn?: NatsConnection;
  private counter = 0;
  private sweeper?: NodeJS.Timeout;

  constructor(
    private readonly provider: NatsConnectionProvider,
    private readonly timeoutMs: number,
  ) {
    provider.onDisconnected(() => this.failAll());
    provider.onForbiddenPublish((subject, error) => this.fail((flight) => flight.subject === subject, error));
  }

  get size(): number {
    return this.flights.size;
  }

  /** `onReply` is called exactly once, possibly before this returns. */
  send(connection: NatsConnection, subject: string, body: string | Uint8Array, onReply: OnReply, headers?: MsgHdrs): void {
    const inbox = this.listen(connection);
    const token = (this.counter++).toString(36);
    this.flights.set(token, { subject, deadline: Date.now() + this.timeoutMs, onReply });
    this.sweeper ??= setInterval(() => this.expire(), SWEEP_MS).unref();
    try {
      connection.publish(subject, body, { reply: `${inbox}.${token}`, headers });
    } catch (error) {
      this.settle(token, new PublishError('PUBLISH_REFUSED', reasonOf(error), { cause: error }));
    }
  }

  /** Resolves when nothing is in flight any more. */
  whenIdle(): Promise<void> {
    if (this.flights.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.idle.add(resolve));
  }

  /** The client renews its subscriptions when it reconnects; only another connection needs another one. */
  private listen(connection: NatsConnection): string {
    if (this.inbox !== undefined && this.subscribedOn === connection) return this.inbox;
    const inbox = createInbox(inboxPrefix(this.provider.options.service));
    connection.subscribe(`${inbox}.*`, {
      callback: (error, reply) => {
        if (error === null) this.settle(reply.subject.slice(inbox.length + 1), undefined, reply);
      },
    });
    this.inbox = inbox;
    this.subscribedOn = connection;
    return inbox;
  }

  private settle(token: string, error: MessagingError | undefined, reply?: Msg): void {
    const flight = this.flights.get(token);
    if (flight === undefined) return;
    this.flights.delete(token);
    flight.onReply(error, reply);
    if (this.flights.size > 0) return;
    for (const resolve of this.idle) resolve();
    this.idle.clear();
  }

  private expire(): void {
    if (this.flights.size === 0) {
      clearInterval(this.sweeper);
      this.sweeper = undefined;
    }
    const now = Date.now();
    // Insertion order is deadline order.
    for (const [token, flight] of this.flights) {
      if (flight.deadline > now) break;
      this.settle(token, new PublishError('PUBLISH_TIMEOUT', `NATS did not answer within ${this.timeoutMs} ms`));
    }
  }

  private failAll(): void {
    this.fail(() => true, new MessagingUnavailableError('the connection broke before NATS answered'));
  }

  private fail(which: (flight: Flight) => boolean, error: MessagingError): void {
    for (const [token, flight] of [...this.flights]) if (which(flight)) this.settle(token, error);
  }
}
