import { Injectable } from '@nestjs/common';
import { AckPolicy, type ConsumerConfig, DeliverPolicy, JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { ConsumerPull } from './consumer.pull.js';
import type { DeliveredMessage } from './delivered.message.js';
import { MessagingUnavailableError, PublishError } from './messaging.error.js';
import { finderOf } from './messaging.options.js';
import { NatsConnectionProvider } from './nats-connection.provider.js';

export interface MessageErasure {
  stream: string;
  /** They are within this subject, which may have wildcards. */
  subject: string;
  /** What they were published under. */
  ids: ReadonlySet<string>;
  /** None of them was published before. */
  since: Date;
  /** A message with this id is overwritten; there may be several. */
  onErased?: (id: string) => void;
  signal?: AbortSignal;
}

/** Two clocks are involved. */
const CLOCK_MARGIN_MS = 5 * 60_000;
const MESSAGES_AT_ONCE = 1_000;
const BYTES_AT_ONCE = 4 * 1024 * 1024;
/** What a process that died has left behind, the server removes. */
const FORGOTTEN_AFTER_MS = 60_000;
/** It has expired meanwhile, or somebody else was faster. The code for it, 10057, stands for a broken store as well. */
const GONE = /no message found|sequence \d+ not found|message deleted/i;

/**
 * Overwrites messages that a stream has stored. Streams have no index of ids, so one pass over the headers of what may be
 * among them finds all; one process of a service at a time.
 */
@Injectable()
export class MessageEraser {
  constructor(private readonly provider: NatsConnectionProvider) {}

  /** Resolves when none of those that were published before the call is left. */
  async erase(erasure: MessageErasure): Promise<void> {
    if (erasure.ids.size === 0) return;
    const connection = this.provider.current();
    if (connection === undefined) throw new MessagingUnavailableError(this.provider.reason ?? 'not connected to NATS');
    const manager = await jetstreamManager(connection, { checkAPI: false });
    for (const { sequence, id } of await this.find(connection, manager, erasure)) {
      erasure.signal?.throwIfAborted();
      if (await overwrite(manager, erasure.stream, sequence)) erasure.onErased?.(id);
    }
  }

  private async find(connection: NatsConnection, manager: JetStreamManager, erasure: MessageErasure): Promise<{ sequence: number; id: string }[]> {
    const { stream, ids, signal } = erasure;
    const durable = finderOf(this.provider.options.service);
    await manager.consumers.delete(stream, durable).catch(missingIsFine);
    const found: { sequence: number; id: string }[] = [];
    let seen = 0;
    const pull = new ConsumerPull(connection, this.provider.options.service, { stream, durable }, (message: DeliveredMessage) => {
      seen += 1;
      const { id } = message;
      if (id !== undefined && ids.has(id)) found.push({ sequence: message.streamSequence, id });
    });
    const interrupt = (): void => pull.interrupt(new MessagingUnavailableError('the search for messages was broken off'));
    const forget = this.provider.onDisconnected(interrupt);
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      const there = await addFinder(connection, durable, erasure);
      // What expires during the search does not come; then a request ends with less than it asked for.
      for (let before = -1; seen < there && seen !== before; ) {
        signal?.throwIfAborted();
        before = seen;
        await pull.fetch(Math.min(MESSAGES_AT_ONCE, there - seen), BYTES_AT_ONCE);
      }
      return found;
    } finally {
      forget();
      signal?.removeEventListener('abort', interrupt);
      await pull.close();
      if (this.provider.connected) await manager.consumers.delete(stream, durable).catch(() => undefined);
    }
  }
}

/** Answers how many messages it will be served. On the one subject that the service may use, as `addFiltered` does. */
async function addFinder(connection: NatsConnection, name: string, { stream, subject, since }: MessageErasure): Promise<number> {
  const config: Partial<ConsumerConfig> = {
    name,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: new Date(since.getTime() - CLOCK_MARGIN_MS).toISOString(),
    filter_subject: subject,
    headers_only: true,
    mem_storage: true,
    inactive_threshold: nanos(FORGOTTEN_AFTER_MS),
  };
  const answer = await connection.request(`$JS.API.CONSUMER.CREATE.${stream}.${name}`, JSON.stringify({ stream_name: stream, config, action: 'create' }));
  const { error, num_pending: pending = 0 } = answer.json<{ error?: { description: string }; num_pending?: number }>();
  if (error !== undefined) throw new PublishError('SEARCH_REFUSED', `${stream} cannot be searched: ${error.description}`);
  return pending;
}

async function overwrite(manager: JetStreamManager, stream: string, sequence: number): Promise<boolean> {
  try {
    return await manager.streams.deleteMessage(stream, sequence, true);
  } catch (error) {
    if (error instanceof JetStreamApiError && GONE.test(error.message)) return false;
    throw error;
  }
}

function missingIsFine(error: unknown): void {
  if (!(error instanceof JetStreamApiError)) throw error;
}
