import { Logger } from '@nestjs/common';
import type { Counter, Histogram } from '@posthorn/observability';
import type { DeliveredMessage } from './delivered.message.js';
import type { NatsConnectionProvider } from './nats-connection.provider.js';
import { ReplyWindow } from './reply.window.js';
import { redeliveryDelayMs } from './retry.delay.js';

const ACK = '+ACK';
const CONFIRM_TIMEOUT_MS = 5_000;
/** A handler that runs longer than this many ack waits is taken for hung; its message may go to another replica. */
const LONGEST_HOLD_IN_ACK_WAITS = 10;

type Fate = 'handled' | 'unhandled' | 'rejected' | 'terminated' | 'handed-back' | 'unconfirmed';

/** Tells the server what became of messages. An ack is settled when the server confirmed it, and not before. */
export class MessageSettlement {
  private readonly logger = new Logger(MessageSettlement.name);
  private readonly window: ReplyWindow;
  private readonly held = new Map<DeliveredMessage, number>();
  private readonly fates: Counter<'consumer' | 'fate'>;
  private readonly seconds: Histogram<'consumer'>;
  private readonly beat: NodeJS.Timeout;

  constructor(
    private readonly provider: NatsConnectionProvider,
    private readonly consumer: string,
    private readonly ackWaitMs: number,
  ) {
    this.window = new ReplyWindow(provider, CONFIRM_TIMEOUT_MS);
    this.fates = provider.metrics.counter('messages_received_total', 'Messages by what became of them', ['consumer', 'fate']);
    this.seconds = provider.metrics.histogram('message_handling_seconds', 'Time a handler took', ['consumer']);
    this.beat = setInterval(() => this.extend(), ackWaitMs / 3).unref();
  }

  /** From now on the server is told that somebody works on this message. */
  hold(raw: DeliveredMessage): void {
    this.held.set(raw, Date.now());
  }

  /** Never rejects: an ack that is lost means the message comes again, which every handler must bear anyway. */
  acknowledge(raw: DeliveredMessage, fate: 'handled' | 'unhandled'): Promise<void> {
    this.held.delete(raw);
    const connection = this.provider.current();
    if (connection === undefined) {
      this.count('unconfirmed');
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.window.send(connection, raw.ackSubject, ACK, (error) => {
        if (error !== undefined) this.logger.debug({ err: error, consumer: this.consumer }, 'An ack was not confirmed');
        this.count(error === undefined ? fate : 'unconfirmed');
        resolve();
      });
    });
  }

  reject(raw: DeliveredMessage): Promise<void> {
    return this.say(raw, 'rejected', () => raw.nak(redeliveryDelayMs(raw.deliveryCount)));
  }

  terminate(raw: DeliveredMessage): Promise<void> {
    return this.say(raw, 'terminated', () => raw.term());
  }

  /** Not worked on here any more: another replica may have it at once. */
  handBack(raw: DeliveredMessage): Promise<void> {
    return this.say(raw, 'handed-back', () => raw.nak(0));
  }

  took(milliseconds: number): void {
    this.seconds.observe({ consumer: this.consumer }, milliseconds / 1_000);
  }

  close(): void {
    clearInterval(this.beat);
    this.held.clear();
  }

  private say(raw: DeliveredMessage, fate: Fate, word: () => void): Promise<void> {
    this.held.delete(raw);
    this.count(fate);
    try {
      word();
    } catch (error) {
      this.logger.debug({ err: error, consumer: this.consumer }, 'NATS could not be told; the message will come again');
    }
    return Promise.resolve();
  }

  private extend(): void {
    if (!this.provider.connected) return;
    const now = Date.now();
    for (const [raw, since] of this.held) {
      const heldMs = now - since;
      if (heldMs > this.ackWaitMs * LONGEST_HOLD_IN_ACK_WAITS) this.held.delete(raw);
      else if (heldMs > this.ackWaitMs / 4) raw.working();
    }
  }

  private count(fate: Fate): void {
    this.fates.inc({ consumer: this.consumer, fate });
  }
}
