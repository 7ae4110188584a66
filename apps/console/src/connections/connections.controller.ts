import { Body, Controller, Get, HttpCode, Logger, Param, Post, Query } from '@nestjs/common';
import {
  checkAnswer,
  type CheckAnswer,
  connectionsAnswer,
  connectionsQuestion,
  controlAnswer,
  type ConnectionState,
  newId,
  OPERATE,
  OPERATIONS,
} from '@posthorn/contracts';
import { type ApiKey, Caller, Describe, Problem, RequireKey, RequireScope } from '@posthorn/http';
import { bodyOf, queryOf, serviceOnly } from '../asking/question.reader.js';
import { requireAnswers, ServiceDesk, type Unanswered } from '../asking/service.desk.js';
import { connectionsIn, type ConnectionView } from './connection.merge.js';
import { connectionsQuery, isolation } from './connection.orders.js';
import { CHECK, ISOLATE, LIST_CONNECTIONS, RELEASE } from './connections.openapi.js';

export interface ConnectionsView {
  connections: ConnectionView[];
  unanswered: Unanswered[];
}

export interface ControlView {
  service: string;
  connection: string;
  state?: ConnectionState;
  reason?: string;
  /** Replicas that obeyed at once; others follow within seconds. */
  replicas: number;
}

export type CheckView = Pick<CheckAnswer, 'service' | 'result' | 'error' | 'tookMs' | 'state'> & { connection: string };

/** The longest deadline of a call, and what surrounds it. */
const CHECK_WAIT_MS = 30_000;

/** Connections: how they do, and what an operator may order. */
@Controller('v1/connections')
@RequireKey()
export class ConnectionsController {
  private readonly logger = new Logger(ConnectionsController.name);

  constructor(private readonly desk: ServiceDesk) {}

  @Get()
  @RequireScope(OPERATE)
  @Describe(LIST_CONNECTIONS)
  async list(@Query() parameters: unknown): Promise<ConnectionsView> {
    const question = queryOf(connectionsQuery, parameters);
    const asked = await this.desk.ask(OPERATIONS.connections, question, connectionsAnswer);
    requireAnswers(asked);
    return { connections: connectionsIn(asked.answers), unanswered: asked.unanswered };
  }

  @Post(':id/isolate')
  @RequireScope(OPERATE)
  @Describe(ISOLATE)
  @HttpCode(200)
  async isolate(@Param('id') id: string, @Body() body: unknown, @Caller() operator: ApiKey): Promise<ControlView> {
    const { service, reason } = bodyOf(isolation, body);
    return this.control('isolate', await this.find(id, service), operator, { reason });
  }

  @Post(':id/release')
  @RequireScope(OPERATE)
  @Describe(RELEASE)
  @HttpCode(200)
  async release(@Param('id') id: string, @Body() body: unknown, @Caller() operator: ApiKey): Promise<ControlView> {
    const { service } = bodyOf(serviceOnly, body);
    return this.control('release', await this.find(id, service), operator, {});
  }

  @Post(':id/check')
  @RequireScope(OPERATE)
  @Describe(CHECK)
  @HttpCode(200)
  async check(@Param('id') id: string, @Body() body: unknown, @Caller() operator: ApiKey): Promise<CheckView> {
    const { service, connection, replicas } = await this.find(id, bodyOf(serviceOnly, body).service);
    // One call to the provider answers the question; the first replica makes it.
    const question = { id: newId(), actor: operator.id, service, connection, instance: replicas[0]?.instance };
    const asked = await this.desk.ask(OPERATIONS.check, question, checkAnswer, { maxWaitMs: CHECK_WAIT_MS });
    requireAnswers(asked);
    const [answer] = asked.answers;
    this.logger.log({ msg: 'credentials were checked', actor: operator.id, service, connection, result: answer?.result });
    return { service, connection, result: answer?.result, error: answer?.error, tookMs: answer?.tookMs, state: answer?.state };
  }

  private async control(verb: 'isolate' | 'release', { service, connection, replicas }: ConnectionView, operator: ApiKey, more: { reason?: string }): Promise<ControlView> {
    const order = { id: newId(), actor: operator.id, service, connection, ...more };
    const asked = await this.desk.ask(OPERATIONS[verb], order, controlAnswer, { replicas: replicas.length });
    requireAnswers(asked);
    const applied = asked.answers.filter((answer) => answer.applied);
    if (applied.length === 0) {
      throw new Problem({ status: 409, code: 'order-superseded', title: 'A newer order holds', detail: 'Another operator has isolated or released this connection meanwhile. Look at it, and order again.' });
    }
    this.logger.warn({ msg: `a connection: ${verb}`, actor: operator.id, service, connection, reason: more.reason });
    return { service, connection, state: applied[0]?.state, reason: applied[0]?.reason, replicas: applied.length };
  }

  /** The one connection of this id, as its replicas see it now. */
  private async find(connection: string, service: string | undefined): Promise<ConnectionView> {
    const asked = await this.desk.ask(OPERATIONS.connections, queryOf(connectionsQuestion, { connection, service }), connectionsAnswer);
    const [found, other] = connectionsIn(asked.answers);
    if (other !== undefined) {
      throw new Problem({
        status: 409, code: 'connection-ambiguous', title: 'Two services have a connection of this id',
        detail: `Say which in "service": ${found?.service ?? ''} or ${other.service}.`,
      });
    }
    if (found !== undefined) return found;
    if (asked.unanswered.length > 0) requireAnswers({ ...asked, answers: [] });
    throw new Problem({ status: 404, code: 'connection-unknown', title: 'No service has this connection', detail: 'GET /v1/connections lists them all.' });
  }
}
