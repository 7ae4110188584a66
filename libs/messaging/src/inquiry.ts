import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { createInbox, type Msg } from '@nats-io/transport-node';
import { InquiryError, MessagingUnavailableError } from './messaging.error.js';
import { answerPrefix } from './messaging.options.js';
import { NatsConnectionProvider } from './nats-connection.provider.js';

/** What Nest's NATS transport answers with. A stream of values ends with `isDisposed`. */
interface AnswerPacket {
  response?: unknown;
  err?: unknown;
  isDisposed?: boolean;
}

export interface AskManyOptions {
  /** The longest to wait in all; default 500 ms. */
  maxWaitMs?: number;
  /** How long after an answer another one may still come; default 100 ms. */
  stallMs?: number;
  /** Whether these are all the answers one may hope for; only then does `stallMs` begin. Default: one is enough. */
  enough?: (answers: unknown[]) => boolean;
}

interface Gathering {
  maxWaitMs: number;
  stallMs?: number;
  /** After so many it is enough. */
  limit: number;
  enough?: (answers: unknown[]) => boolean;
}

/** Asks services whose handlers carry Nest's `@MessagePattern(subject)`. */
@Injectable()
export class Inquiry {
  constructor(private readonly provider: NatsConnectionProvider) {}

  /** Every answer that came in time; none when nobody listens. An answer that is an error is left out. */
  async askMany<R>(subject: string, data: unknown, options: AskManyOptions = {}): Promise<R[]> {
    const { maxWaitMs = 500, stallMs = 100, enough } = options;
    return answersIn(await this.gather(subject, data, { maxWaitMs, stallMs, limit: Infinity, enough })) as R[];
  }

  /** The first answer. Rejects with InquiryError when it is an error, or when none comes in time. */
  async ask<R>(subject: string, data: unknown, options: { timeoutMs?: number } = {}): Promise<R> {
    const [reply] = await this.gather(subject, data, { maxWaitMs: options.timeoutMs ?? 2_000, limit: 1 });
    if (reply === undefined) throw new InquiryError('INQUIRY_UNANSWERED', `${subject} was not answered in time`);
    if (isNoResponders(reply)) throw new InquiryError('NOBODY_ANSWERS', `no service answers ${subject}`);
    const answer = reply.json<AnswerPacket>();
    if (answer.err !== undefined) throw new InquiryError('INQUIRY_REFUSED', `${subject} was answered with an error`, { cause: answer.err });
    return answer.response as R;
  }

  // Not the client's own request: its replies would come to the inbox that only JetStream may write to.
  private async gather(subject: string, data: unknown, { maxWaitMs, stallMs, limit, enough }: Gathering): Promise<Msg[]> {
    const connection = this.provider.current();
    if (connection === undefined) throw new MessagingUnavailableError(this.provider.reason ?? 'not connected to NATS');
    const { promise, resolve, reject } = Promise.withResolvers<Msg[]>();
    const replies: Msg[] = [];
    const fail = (cause: unknown): void => reject(new InquiryError('INQUIRY_UNANSWERED', `${subject} could not be asked`, { cause }));
    let stall: NodeJS.Timeout | undefined;
    const inbox = createInbox(answerPrefix(this.provider.options.service));
    const subscription = connection.subscribe(inbox, {
      callback: (error, reply) => {
        clearTimeout(stall);
        if (error === null) replies.push(reply);
        if (error !== null) fail(error);
        else if (isNoResponders(reply) || replies.length >= limit) resolve(replies);
        else if (stallMs !== undefined && (enough?.(answersIn(replies)) ?? true)) stall = setTimeout(() => resolve(replies), stallMs);
      },
    });
    const timer = setTimeout(() => resolve(replies), maxWaitMs);
    const forget = this.provider.onForbiddenPublish((forbidden, error) => {
      if (forbidden === subject) fail(error);
    });
    try {
      connection.publish(subject, packet(subject, data), { reply: inbox });
      return await promise;
    } finally {
      clearTimeout(timer);
      clearTimeout(stall);
      forget();
      subscription.unsubscribe();
    }
  }
}

function packet(pattern: string, data: unknown): string {
  return JSON.stringify({ pattern, data, id: randomUUID() });
}

function answersIn(replies: readonly Msg[]): unknown[] {
  return replies.flatMap((reply) => {
    const { response }: AnswerPacket = isNoResponders(reply) ? {} : reply.json<AnswerPacket>();
    return response === undefined ? [] : [response];
  });
}

/** The server's own word: nobody listens. */
function isNoResponders(reply: Msg): boolean {
  return reply.data.length === 0 && reply.headers?.code === 503;
}
