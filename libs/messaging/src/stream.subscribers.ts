import { Injectable } from '@nestjs/common';
import { MessagingUnavailableError } from './messaging.error.js';
import { NatsConnectionProvider } from './nats-connection.provider.js';
import { finderOf } from './messaging.options.js';

/** Who has a durable consumer of a stream: those who would get its messages, whether they run or not. */
@Injectable()
export class StreamSubscribers {
  constructor(private readonly provider: NatsConnectionProvider) {}

  /** Their names, which are those of the services. Rejects while NATS is away, or when the right to ask is missing. */
  async of(stream: string, timeoutMs: number): Promise<string[]> {
    const connection = this.provider.current();
    if (connection === undefined) throw new MessagingUnavailableError(this.provider.reason ?? 'not connected to NATS');
    const reply = await connection.request(`$JS.API.CONSUMER.NAMES.${stream}`, '', { timeout: timeoutMs });
    const { consumers } = reply.json<{ consumers?: string[] | null }>();
    const finder = finderOf(this.provider.options.service);
    return (consumers ?? []).filter((name) => name !== finder).sort();
  }
}
