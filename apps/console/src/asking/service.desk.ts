import { Logger } from '@nestjs/common';
import { type AnswerHead, type OPERATIONS } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { Inquiry, MessagingUnavailableError } from '@posthorn/messaging';
import { type z } from 'zod';

/** A service whose part is missing in an answer, and why. */
export interface Unanswered {
  service: string;
  code: string;
  message: string;
  remedy?: string;
}

export interface Answers<A> {
  /** Of every replica that answered. */
  answers: A[];
  unanswered: Unanswered[];
}

export interface AskOptions {
  maxWaitMs?: number;
  /** How many replicas one may hope for; each service has at least one. */
  replicas?: number;
}

// A service's own patience with its database is 3 s.
const MAX_WAIT_MS = 4_000;
/** After the last that was hoped for, another replica may follow. */
const STALL_MS = 60;
/** What a service refuses for the question's sake; asking again would not help. */
const REFUSALS = new Set(['QUESTION_TOO_WIDE', 'NOT_REDELIVERABLE', 'QUESTION_INVALID', 'CONNECTION_UNKNOWN']);

/** Asks the services, and says which of them did not answer. */
export class ServiceDesk {
  private readonly logger = new Logger(ServiceDesk.name);

  constructor(
    private readonly inquiry: Inquiry,
    private readonly services: readonly string[],
  ) {}

  async ask<A extends AnswerHead>(subject: (typeof OPERATIONS)[keyof typeof OPERATIONS], question: { service?: string; [more: string]: unknown }, schema: z.ZodType<A>, options: AskOptions = {}): Promise<Answers<A>> {
    const expected = question.service === undefined ? this.services : [question.service];
    const enough = (answers: unknown[]): boolean => {
      const heads = answers as Partial<AnswerHead>[];
      return answers.length >= (options.replicas ?? 1) && expected.every((service) => heads.some((head) => head.service === service));
    };
    const raw = await this.gather(subject, question, { maxWaitMs: options.maxWaitMs ?? MAX_WAIT_MS, stallMs: STALL_MS, enough });
    const understood = raw.flatMap((one) => {
      const parsed = schema.safeParse(one);
      if (!parsed.success) this.logger.warn({ subject, issue: parsed.error.issues[0] }, 'An answer was not understood');
      return parsed.success ? [parsed.data] : [];
    });
    const answers = understood.filter(({ problem }) => problem === undefined);
    const silent = expected.filter((service) => !answers.some((answer) => answer.service === service));
    return { answers, unanswered: silent.map((service) => reasonOf(service, understood)) };
  }

  private async gather(subject: string, question: unknown, options: { maxWaitMs: number; stallMs: number; enough: (answers: unknown[]) => boolean }): Promise<unknown[]> {
    try {
      return await this.inquiry.askMany(subject, question, options);
    } catch (error) {
      if (!(error instanceof MessagingUnavailableError)) throw error;
      throw new Problem({
        status: 503,
        code: 'nats-unavailable',
        title: 'The services cannot be asked',
        detail: 'The console has no connection to NATS at the moment. Deliveries do not depend on it.',
        retryAfterSeconds: 5,
        cause: error,
      });
    }
  }
}

function reasonOf(service: string, answers: readonly AnswerHead[]): Unanswered {
  const problem = answers.find((answer) => answer.service === service)?.problem;
  if (problem !== undefined) return { service, ...problem };
  return { service, code: 'NO_ANSWER', message: `${service} did not answer in time.`, remedy: 'Look whether it runs; its /ready tells why it would not answer.' };
}

/** For what makes no sense without any answer at all. */
export function requireAnswers<A>({ answers, unanswered }: Answers<A>): void {
  if (answers.length > 0) return;
  const refusal = unanswered.find(({ code }) => REFUSALS.has(code));
  const said = (refusal === undefined ? unanswered : [refusal]).map(({ message, remedy }) => (remedy === undefined ? message : `${message} ${remedy}`));
  const detail = [...new Set(said)].join(' ');
  if (refusal !== undefined) throw new Problem({ status: 422, code: 'operation-refused', title: 'The services refuse this', detail });
  throw new Problem({ status: 503, code: 'services-unreachable', title: 'No service answered', detail, retryAfterSeconds: 5 });
}
