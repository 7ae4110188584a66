import { Injectable } from '@nestjs/common';
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { Counter } from '@posthorn/observability';
import { type MessagingError, MessagingUnavailableError, PublishError } from './messaging.error.js';
import { NatsConnectionProvider } from './nats-connection.provider.js';
import { ReplyWindow } from './reply.window.js';

export interface OutgoingMessage {
  subject: string;
  /** Becomes `Nats-Msg-Id`: the stream drops a repetition within its window (2 min). */
  id: string;
  /** JSON text, or bytes. */
  body: string | Uint8Array;
  headers?: Record<string, string>;
}

export type PublishResult = { id: string; ok: true } | { id: string; ok: false; error: MessagingError };

/** The server stores within milliseconds; a message without an answer for this long counts as failed. */
const ACK_TIMEOUT_MS = 5_000;
/** Throughput stops rising at 64; this bounds what a slow server makes us hold. */
const MAX_IN_FLIGHT = 1_024;
const MESSAGE_ID = 'Nats-Msg-Id';

interface Call {
  messages: readonly OutgoingMessage[];
  results: PublishResult[];
  sent: number;
  open: number;
  resolve(results: PublishResult[]): void;
}

/** Publishes into streams, pipelined, with a bound on what is in flight. */
@Injectable()
export class JetStreamPublisher {
  private readonly window: ReplyWindow;
  private readonly published: Counter<'result'>;
  private calls: Call[] = [];

  constructor(private readonly provider: NatsConnectionProvider) {
    this.published = provider.metrics.counter('messages_published_total', 'Messages sent to JetStream', ['result']);
    this.window = new ReplyWindow(provider, ACK_TIMEOUT_MS);
    provider.onDisconnected(() => this.failUnsent());
  }

  get connected(): boolean {
    return this.provider.connected;
  }

  /**
   * Resolves when every message has its answer, in the order given; one that fails does not fail the others.
   * Rejects at once with MessagingUnavailableError while there is no connection: nothing is kept for later.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<PublishResult[]> {
    if (this.provider.current() === undefined) return Promise.reject(this.unavailable());
    if (messages.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const results = new Array<PublishResult>(messages.length);
      this.calls.push({ messages, results, sent: 0, open: messages.length, resolve });
      this.pump();
    });
  }

  private pump(): void {
    const connection = this.provider.current();
    if (connection === undefined) return;
    for (let call = this.calls[0]; call !== undefined && this.window.size < MAX_IN_FLIGHT; call = this.calls[0]) {
      const index = call.sent++;
      if (call.sent >= call.messages.length) this.calls.shift();
      this.send(connection, call, index);
    }
  }

  private send(connection: NatsConnection, call: Call, index: number): void {
    const message = call.messages[index];
    if (message === undefined) return;
    const header = headers();
    header.set(MESSAGE_ID, message.id);
    for (const [name, value] of Object.entries(message.headers ?? {})) header.set(name, value);
    const onReply = (error: MessagingError | undefined, reply?: Msg): void => {
      this.settle(call, index, error ?? (reply === undefined ? undefined : verdict(reply)));
      if (this.calls.length > 0) this.pump();
    };
    this.window.send(connection, message.subject, message.body, onReply, header);
  }

  private settle(call: Call, index: number, error: MessagingError | undefined): void {
    const id = call.messages[index]?.id ?? '';
    this.published.inc({ result: error === undefined ? 'stored' : 'failed' });
    call.results[index] = error === undefined ? { id, ok: true } : { id, ok: false, error };
    if (--call.open === 0) call.resolve(call.results);
  }

  private failUnsent(): void {
    const calls = this.calls;
    this.calls = [];
    for (const call of calls) {
      while (call.sent < call.messages.length) this.settle(call, call.sent++, this.unavailable());
    }
  }

  private unavailable(): MessagingUnavailableError {
    return new MessagingUnavailableError(this.provider.reason ?? 'there is no connection to NATS');
  }
}

function verdict(reply: Msg): MessagingError | undefined {
  if (reply.data.length === 0) {
    return new PublishError('STREAM_MISSING', 'No stream takes this subject. The service that owns it makes it again, or else the provisioning step.');
  }
  try {
    const answer = reply.json<{ seq?: number; error?: { description: string } }>();
    if (answer.error === undefined && typeof answer.seq === 'number') return undefined;
    return new PublishError('PUBLISH_REFUSED', answer.error?.description ?? 'the answer was not an acknowledgement');
  } catch (cause) {
    return new PublishError('PUBLISH_REFUSED', 'the answer was not JSON', { cause });
  }
}
