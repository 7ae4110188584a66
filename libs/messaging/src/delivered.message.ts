import { type Msg, nanos } from '@nats-io/transport-node';

/** A message as a consumer delivered it, and the words the server understands about it. */
export class DeliveredMessage {
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  readonly streamSequence: number;

  constructor(private readonly message: Msg) {
    const tokens = this.ackSubject.split('.');
    // $JS.ACK.<stream>.<consumer>.<count>.<stream sequence>.…; newer servers put a domain and an account first.
    const at = tokens.length > 9 ? 6 : 4;
    this.deliveryCount = Number(tokens[at]);
    this.streamSequence = Number(tokens[at + 1]);
  }

  /** What it was published under. */
  get id(): string | undefined {
    return this.message.headers?.get('Nats-Msg-Id') || undefined;
  }

  get subject(): string {
    return this.message.subject;
  }

  get bytes(): number {
    return this.message.data.length;
  }

  get traceparent(): string | undefined {
    return this.message.headers?.get('traceparent') || undefined;
  }

  /** Where an ack goes that is to be confirmed. */
  get ackSubject(): string {
    return this.message.reply ?? '';
  }

  json<T>(): T {
    return this.message.json<T>();
  }

  /** Send it again after so long. */
  nak(delayMs: number): void {
    this.message.respond(delayMs === 0 ? '-NAK' : `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}`);
  }

  /** Never send it again. Without a reason: servers before 2.10.4 ignore a term that has one. */
  term(): void {
    this.message.respond('+TERM');
  }

  /** Somebody works on it: the ack wait begins anew. */
  working(): void {
    this.message.respond('+WPI');
  }
}
