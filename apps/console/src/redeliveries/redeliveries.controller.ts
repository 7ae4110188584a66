import { Body, Controller, Delete, Get, Logger, Param, Post, Res } from '@nestjs/common';
import {
  deliveryFilter,
  newId,
  OPERATE,
  OPERATIONS,
  redeliverAnswer,
  redeliveryAnswer,
  type RedeliveryReport,
  type RedeliveryShare,
} from '@posthorn/contracts';
import { type ApiKey, Caller, Describe, Problem, RequireKey, RequireScope } from '@posthorn/http';
import { bodyOf, uuidOf } from '../asking/question.reader.js';
import { type Answers, requireAnswers, ServiceDesk, type Unanswered } from '../asking/service.desk.js';
import { REDELIVER, SHOW_REDELIVERY, STOP_REDELIVERY } from './redeliveries.openapi.js';
import { redeliveryOrder } from './redelivery.order.js';

type Share<K extends keyof RedeliveryShare> = Pick<RedeliveryShare, 'connection' | 'site' | K> & { service: string };

export interface PreviewView {
  preview: true;
  matched: number;
  connections: Share<'matched'>[];
  unanswered: Unanswered[];
}

export interface RedeliveryView extends Omit<RedeliveryReport, 'connections'> {
  connections: Share<'matched' | 'redelivered' | 'refused'>[];
  unanswered: Unanswered[];
}

interface Reply {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

/** Sending dead letters again: counted first, then in the background, with progress. */
@Controller('v1/redeliveries')
@RequireKey()
export class RedeliveriesController {
  private readonly logger = new Logger(RedeliveriesController.name);

  constructor(private readonly desk: ServiceDesk) {}

  @Post()
  @RequireScope(OPERATE)
  @Describe(REDELIVER)
  async redeliver(@Body() body: unknown, @Caller() operator: ApiKey, @Res({ passthrough: true }) reply: Reply): Promise<PreviewView | RedeliveryView> {
    const { preview, perSecond, service, ...criteria } = bodyOf(redeliveryOrder, body);
    const id = newId();
    const question = { id, actor: operator.id, service, filter: deliveryFilter.parse(criteria), preview, perSecond };
    const asked = await this.desk.ask(OPERATIONS.redeliver, question, redeliverAnswer);
    requireAnswers(asked);
    if (preview) {
      reply.status(200);
      const connections = oneOfEach(asked.answers).flatMap((answer) => answer.matched.map((share) => ({ service: answer.service, ...share })));
      return { preview, matched: connections.reduce((sum, { matched }) => sum + matched, 0), connections, unanswered: asked.unanswered };
    }
    const view = viewOf(id, asked);
    this.logger.warn({ msg: 'a redelivery was started', actor: operator.id, redelivery: id, matched: view.matched, filters: Object.keys(criteria) });
    reply.status(202);
    reply.header('location', `/v1/redeliveries/${id}`);
    return view;
  }

  @Get(':id')
  @RequireScope(OPERATE)
  @Describe(SHOW_REDELIVERY)
  async progress(@Param('id') text: string): Promise<RedeliveryView> {
    const id = uuidOf(text, 'a redelivery');
    return viewOf(id, await this.desk.ask(OPERATIONS.redelivery, { id }, redeliveryAnswer));
  }

  /** What was sent stays sent; what was not, stays what it is. */
  @Delete(':id')
  @RequireScope(OPERATE)
  @Describe(STOP_REDELIVERY)
  async stop(@Param('id') text: string, @Caller() operator: ApiKey): Promise<RedeliveryView> {
    const id = uuidOf(text, 'a redelivery');
    const view = viewOf(id, await this.desk.ask(OPERATIONS.redelivery, { id, stop: { actor: operator.id } }, redeliveryAnswer));
    this.logger.warn({ msg: 'a redelivery was stopped', actor: operator.id, redelivery: id });
    return view;
  }
}

/** The parts of all services, together. */
function viewOf(id: string, asked: Answers<{ service: string; redelivery?: RedeliveryReport }>): RedeliveryView {
  requireAnswers(asked);
  const parts = oneOfEach(asked.answers).flatMap(({ service, redelivery }) => (redelivery === undefined ? [] : [{ service, report: redelivery }]));
  const [first] = parts;
  if (first === undefined) {
    if (asked.unanswered.length > 0) requireAnswers({ ...asked, answers: [] });
    throw new Problem({ status: 404, code: 'redelivery-unknown', title: 'No service knows this redelivery' });
  }
  const sum = (of: 'matched' | 'redelivered' | 'refused'): number => parts.reduce((total, { report }) => total + report[of], 0);
  // Who is silent may be in the middle of it.
  const running = asked.unanswered.length > 0 || parts.some(({ report }) => report.state === 'running');
  const stopped = parts.find(({ report }) => report.state === 'stopped');
  const ends = parts.flatMap(({ report }) => report.endedAt ?? []).sort();
  return {
    id,
    actor: first.report.actor,
    state: running ? 'running' : (stopped ?? first).report.state,
    perSecond: first.report.perSecond,
    matched: sum('matched'),
    redelivered: sum('redelivered'),
    refused: sum('refused'),
    connections: parts.flatMap(({ service, report }) => report.connections.map((share) => ({ service, ...share }))),
    startedAt: first.report.startedAt,
    endedAt: running ? undefined : ends.at(-1),
    stoppedBy: stopped?.report.stoppedBy,
    unanswered: asked.unanswered,
  };
}

/** Replicas answer from the same tables. */
const oneOfEach = <A extends { service: string }>(answers: readonly A[]): A[] => [...new Map(answers.map((answer) => [answer.service, answer])).values()];
