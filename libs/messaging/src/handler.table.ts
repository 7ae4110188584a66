import type { MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { JetStreamContext, type ReceivedMessage } from './received.message.js';

export type Invoke = (messages: readonly ReceivedMessage[]) => Promise<void>;

export interface Route {
  /** Undefined: the handler takes one message at a time. */
  batchSize?: number;
  /** A batch that is not full begins no sooner than so long after the one before; 0 unless the handler says so. */
  gatherMs: number;
  invoke: Invoke;
}

/** Finds the handler of a message: that of its type, else the one of the whole stream. */
export class HandlerTable {
  private readonly routes = new Map<string, Route | undefined>();

  constructor(
    private readonly stream: string,
    private readonly defaultBatchSize: number,
    private readonly handlerOf: (pattern: string) => MessageHandler | undefined,
  ) {}

  /** By the subject and not by the content: `<kind>.<owner>.<type…>`; what was published cannot lie about it. */
  routeOf(subject: string): Route | undefined {
    const type = subject.slice(subject.indexOf('.', subject.indexOf('.') + 1) + 1);
    if (!this.routes.has(type)) this.routes.set(type, this.find(type));
    return this.routes.get(type);
  }

  private find(type: string): Route | undefined {
    const ofType = this.handlerOf(type);
    if (ofType !== undefined) return this.route(ofType);
    if (!this.routes.has(this.stream)) {
      const ofStream = this.handlerOf(this.stream);
      this.routes.set(this.stream, ofStream === undefined ? undefined : this.route(ofStream));
    }
    return this.routes.get(this.stream);
  }

  private route(handler: MessageHandler): Route {
    const { batchSize, gatherMs } = batchingOf(handler.extras, this.defaultBatchSize);
    return {
      batchSize,
      gatherMs,
      invoke: async (messages) => {
        const context = new JetStreamContext([messages, this.stream]);
        const result: unknown = await handler(batchSize === undefined ? messages[0] : messages, context);
        // Nest's own handleEvent would not wait for it, and the message would be acknowledged too early.
        if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
      },
    };
  }
}

function batchingOf(extras: Record<string, unknown> | undefined, fallback: number): Pick<Route, 'batchSize' | 'gatherMs'> {
  const batch = extras?.['batch'];
  if (typeof batch !== 'object' || batch === null) return { gatherMs: 0 };
  const positive = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);
  return {
    batchSize: ('size' in batch ? positive(batch.size) : undefined) ?? fallback,
    gatherMs: ('gatherMs' in batch ? positive(batch.gatherMs) : undefined) ?? 0,
  };
}
