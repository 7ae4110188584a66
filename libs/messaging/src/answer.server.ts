import { type MessageHandler, type MicroserviceOptions, ServerNats } from '@nestjs/microservices';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { NatsConnectionProvider } from './nats-connection.provider.js';

/** For a `@MessagePattern` whose answer is the same in every replica: only one of them gives it. */
export const ONE_REPLICA = { oneReplica: true } as const;

/**
 * Nest's own NATS transport for `@MessagePattern` handlers, over the process's one connection and without waiting
 * for it. Every service answers a question that goes to all, and so does every replica unless ONE_REPLICA is given.
 */
export class AnswerServer extends ServerNats {
  private answering: Subscription[] = [];
  private stopped = false;

  constructor(private readonly provider: NatsConnectionProvider) {
    super({});
  }

  override addHandler(pattern: unknown, callback: MessageHandler, isEventHandler = false, extras: Record<string, unknown> = {}): void {
    if (!isEventHandler) super.addHandler(pattern, callback, isEventHandler, extras);
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    callback();
    const connection = await this.provider.whenConnected().catch(() => undefined);
    if (connection !== undefined && !this.stopped) this.bindEvents(connection);
  }

  // The client renews these subscriptions itself when it reconnects.
  override bindEvents(connection: NatsConnection): void {
    for (const [subject, handler] of this.messageHandlers) {
      const queue = handler.extras?.['oneReplica'] === true ? this.provider.options.service : undefined;
      const callback = (error: Error | null, message: Msg): void => {
        if (error !== null) this.logger.error(error);
        else void this.answer(subject, message);
      };
      this.answering.push(connection.subscribe(subject, { queue, callback }));
    }
  }

  private async answer(subject: string, message: Msg): Promise<void> {
    try {
      await this.handleMessage(subject, message);
    } catch (error) {
      this.logger.error({ err: error, subject }, 'A question could not be answered');
    }
  }

  /** The connection is the provider's to close; answers that are being made still go out over it. */
  override async close(): Promise<void> {
    this.stopped = true;
    const subscriptions = this.answering.splice(0);
    await Promise.all(subscriptions.map((subscription) => subscription.drain().catch(() => undefined)));
  }

  override unwrap<T>(): T {
    return this.provider.current() as T;
  }
}

export function answerStrategy(provider: NatsConnectionProvider): MicroserviceOptions {
  return { strategy: new AnswerServer(provider) };
}
