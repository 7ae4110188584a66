import { randomBytes } from 'node:crypto';
import { Controller, Inject, Logger } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  type AnswerHead,
  checkQuestion,
  connectionsQuestion,
  deliveriesListQuestion,
  isolateQuestion,
  OPERATIONS,
  type OperationProblem,
  redeliverQuestion,
  redeliveryQuestion,
  releaseQuestion,
} from '@posthorn/contracts';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { type z } from 'zod';
import { type Connection, ConnectionRegistry } from '../connection.registry.js';
import { DELIVERY_OPTIONS } from '../delivery.tokens.js';
import { ConnectionControls } from './connection.controls.js';
import { ConnectionReports } from './connection.reports.js';
import { CredentialsCheck } from './credentials.check.js';
import { DeliveryListing } from './delivery.listing.js';
import { OperationRefusedError } from './operation-refused.error.js';
import { Redeliveries } from './redeliveries.service.js';

type Answer = AnswerHead & Record<string, unknown>;

/** Never answers: even an empty answer could end the question of those who wait for somebody else's. */
const silence = (): Promise<never> => new Promise(() => undefined);

/** Answers operators. What is addressed to another service or replica is met with silence. */
@Controller()
export class OperationsController {
  private readonly logger = new Logger(OperationsController.name);
  private readonly instance = randomBytes(4).toString('hex');

  constructor(
    @Inject(DELIVERY_OPTIONS) private readonly options: { readonly service: string },
    private readonly registry: ConnectionRegistry,
    private readonly reports: ConnectionReports,
    private readonly listing: DeliveryListing,
    private readonly controls: ConnectionControls,
    private readonly redeliveries: Redeliveries,
    private readonly credentials: CredentialsCheck,
  ) {}

  @MessagePattern(OPERATIONS.connections)
  connections(@Payload() payload: unknown): Promise<Answer> {
    return this.answer(connectionsQuestion, payload, async (question) => ({ connections: await this.reports.of(question) }));
  }

  @MessagePattern(OPERATIONS.deliveries)
  deliveries(@Payload() payload: unknown): Promise<Answer> {
    return this.answer(deliveriesListQuestion, payload, (question) => this.listing.page(question));
  }

  @MessagePattern(OPERATIONS.redeliver)
  redeliver(@Payload() payload: unknown): Promise<Answer> {
    return this.answer(redeliverQuestion, payload, async (question) =>
      question.preview ? { matched: await this.redeliveries.preview(question) } : { redelivery: await this.redeliveries.start(question) },
    );
  }

  @MessagePattern(OPERATIONS.redelivery)
  redelivery(@Payload() payload: unknown): Promise<Answer> {
    return this.answer(redeliveryQuestion, payload, async ({ id, stop }) => ({
      redelivery: await (stop === undefined ? this.redeliveries.report(id) : this.redeliveries.stop(id, stop.actor)),
    }));
  }

  @MessagePattern(OPERATIONS.isolate)
  isolate(@Payload() payload: unknown): Promise<Answer> {
    return this.answer(isolateQuestion, payload, async (order) => {
      const connection = this.required(order.connection);
      return { applied: await this.controls.isolate(connection, order), ...standing(connection) };
    });
  }

  @MessagePattern(OPERATIONS.release)
  release(@Payload() payload: unknown): Promise<Answer> {
    return this.answer(releaseQuestion, payload, async (order) => {
      const connection = this.required(order.connection);
      return { applied: await this.controls.release(connection, order), ...standing(connection) };
    });
  }

  @MessagePattern(OPERATIONS.check)
  check(@Payload() payload: unknown): Promise<Answer> {
    return this.answer(checkQuestion, payload, (question) => this.credentials.run(this.required(question.connection), question));
  }

  private async answer<Q extends { service?: string; instance?: string }>(schema: z.ZodType<Q>, payload: unknown, work: (question: Q) => Promise<object>): Promise<Answer> {
    const { service } = this.options;
    const { data: question, error } = schema.safeParse(payload);
    if (question !== undefined && ((question.service ?? service) !== service || (question.instance ?? this.instance) !== this.instance)) return silence();
    const head = { service, instance: this.instance };
    if (question === undefined) return { ...head, problem: { code: 'QUESTION_INVALID', message: `This version of ${service} does not understand the question: ${error?.issues[0]?.message ?? ''}` } };
    try {
      return { ...head, ...(await work(question)) };
    } catch (caught) {
      return { ...head, problem: this.problemOf(caught) };
    }
  }

  private problemOf(error: unknown): OperationProblem {
    if (error instanceof OperationRefusedError) return { code: error.code, message: error.message, remedy: error.remedy };
    if (error instanceof DatabaseUnavailableError) return { code: error.code, message: `${this.options.service} cannot use its database at the moment.`, remedy: 'Ask again when it is back.' };
    this.logger.error({ err: error }, 'An operator could not be answered');
    return { code: 'INTERNAL', message: `${this.options.service} failed to answer; its log says why.` };
  }

  private required(id: string): Connection {
    const connection = this.registry.get(id);
    if (connection === undefined) throw new OperationRefusedError('CONNECTION_UNKNOWN', `${this.options.service} has no connection "${id}".`);
    return connection;
  }
}

const standing = ({ guard }: Connection): object => ({ state: guard.state, reason: guard.reason });
