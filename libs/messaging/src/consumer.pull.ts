import { createInbox, type Msg, nanos, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { DeliveredMessage } from './delivered.message.js';
import { MessagingError } from './messaging.error.js';
import { inboxPrefix } from './messaging.options.js';

const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 5_000;
/** Two missed heartbeats mean that the server or the consumer is gone. */
const SILENCE_MS = 2.5 * HEARTBEAT_MS;

const HEARTBEAT = 100;
const NOTHING_THERE = 404;
const EXPIRED = 408;
const CONFLICT = 409;
/** What the server says when the next message would go beyond the bytes asked for; the request is then over. */
const BYTES_REACHED = /Message Size Exceeds MaxBytes/i;

interface Request {
  subject: string;
  remaining: number;
  lastHeard: number;
  done: PromiseWithResolvers<void>;
}

/**
 * `fetch` against one durable consumer, one at a time, over one subscription. The client's own `fetch` drops what it
 * has received when it breaks, and cannot be ended early without losing what is on its way; both are lost to
 * everybody until the ack wait is over.
 */
export class ConsumerPull {
  private readonly inbox: string;
  private readonly subscription: Subscription;
  private readonly watchdog: NodeJS.Timeout;
  private request?: Request;
  private counter = 0;

  constructor(
    private readonly connection: NatsConnection,
    service: string,
    private readonly target: { stream: string; durable: string },
    private readonly onMessage: (message: DeliveredMessage) => void,
  ) {
    this.inbox = createInbox(inboxPrefix(service));
    this.subscription = connection.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.receive(message);
        else this.end(error);
      },
    });
    this.watchdog = setInterval(() => this.listenForSilence(), HEARTBEAT_MS).unref();
  }

  /** Resolves when so many or so much have been delivered or half a minute is over; rejects when it broke. */
  async fetch(messages: number, bytes: number): Promise<void> {
    const subject = `${this.inbox}.${(this.counter++).toString(36)}`;
    const request: Request = { subject, remaining: messages, lastHeard: Date.now(), done: Promise.withResolvers() };
    this.connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${this.target.stream}.${this.target.durable}`,
      JSON.stringify({ batch: messages, max_bytes: bytes, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) }),
      { reply: subject },
    );
    // Not before it is sent: where that fails, nobody waits for the end of this request.
    this.request = request;
    await request.done.promise;
  }

  /** Ends a running fetch with this error: the connection broke, and the server has forgotten the request. */
  interrupt(error: Error): void {
    this.end(error);
  }

  /** Asks for nothing more; what the server has sent by then is still received before this resolves. */
  async close(): Promise<void> {
    clearInterval(this.watchdog);
    await this.subscription.drain().catch(() => undefined);
    this.end();
  }

  private receive(message: Msg): void {
    const request = this.request;
    if (request !== undefined) request.lastHeard = Date.now();
    if (message.subject.startsWith(this.inbox)) {
      this.onStatus(message);
      return;
    }
    this.onMessage(new DeliveredMessage(message));
    if (request !== undefined && --request.remaining === 0) this.end();
  }

  private onStatus(message: Msg): void {
    // An earlier request's last words may come late.
    if (message.subject !== this.request?.subject) return;
    const code = message.headers?.code ?? 0;
    if (code === HEARTBEAT) return;
    const description = message.headers?.description ?? '';
    if (code === NOTHING_THERE || code === EXPIRED || (code === CONFLICT && BYTES_REACHED.test(description))) this.end();
    else this.end(new MessagingError('FETCH_REFUSED', `${code} ${description}`.trim()));
  }

  private listenForSilence(): void {
    if (this.request === undefined || Date.now() - this.request.lastHeard < SILENCE_MS) return;
    this.end(new MessagingError('FETCH_SILENT', 'the server went silent'));
  }

  private end(error?: Error): void {
    const request = this.request;
    this.request = undefined;
    if (error === undefined) request?.done.resolve();
    else request?.done.reject(error);
  }
}
