import { Controller, Post, Req, Res } from '@nestjs/common';
import { countMore, demandScope, Describe, FromBrowsers, type HttpReply, type HttpRequest, Problem, RequireKey, RequireScope, TakesBatches } from '@posthorn/http';
import { currentTraceparent, withTrace } from '@posthorn/observability';
import { READ, WRITE } from '../access/key.rights.js';
import { AdmissionService } from '../admission/admission.service.js';
import type { Draft } from '../admission/draft.js';
import { DryRun } from '../dry-run/dry.run.js';
import { asksForDryRun, dryRunAnswer, dryRunOfBatch } from '../dry-run/dry-run.answer.js';
import { batchAnswer } from './batch.answer.js';
import { isBatch, type Mode, modeOf, readBatch, readSingle } from './request.reader.js';
import { siteOf } from './site.caller.js';
import { SUBMIT_EVENTS } from './events.openapi.js';

const BATCH_LIMIT_BYTES = 5 * 1024 * 1024;
const JSON_TYPE = 'application/json; charset=utf-8';

/** `POST /v1/events`: the door every event comes in by, alone or with others. */
@Controller('v1/events')
@RequireKey()
export class EventsController {
  constructor(
    private readonly admission: AdmissionService,
    private readonly dryRun: DryRun,
  ) {}

  // The reply is sent here rather than returned: Nest's way out costs a tenth of the throughput.
  @Post()
  @Describe(SUBMIT_EVENTS)
  @RequireScope(WRITE)
  @TakesBatches({ bodyLimitBytes: BATCH_LIMIT_BYTES })
  @FromBrowsers()
  async submit(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    const mode = modeOf(request);
    if (Array.isArray(request.body)) await countMore(request, reply, request.body.length - 1);
    if (asksForDryRun(request)) await this.rehearse(request, reply, mode);
    else if (isBatch(mode)) await this.acceptBatch(request, reply, mode);
    else await this.acceptSingle(request, reply, mode);
  }

  private async acceptSingle(request: HttpRequest, reply: HttpReply, mode: Mode): Promise<void> {
    const { id, acceptedAt, replayed } = await withTrace(traceparentOf(request), 'accept event', { 'posthorn.site': siteOf(request) }, () =>
      this.admission.admit(readSingle(request, mode, currentTraceparent())),
    );
    if (replayed) reply.header('idempotent-replayed', 'true');
    await reply
      .code(202)
      .header('location', `/v1/events/${id}`)
      .header('content-type', JSON_TYPE)
      .send(`{"id":"${id}","acceptedAt":"${acceptedAt.toISOString()}"}`);
  }

  private async acceptBatch(request: HttpRequest, reply: HttpReply, mode: Mode): Promise<void> {
    const outcomes = await withTrace(traceparentOf(request), 'accept events', { 'posthorn.site': siteOf(request) }, () =>
      this.admission.admitAll(readBatch(request, mode, currentTraceparent())),
    );
    const { status, headers, body } = batchAnswer(outcomes);
    await reply.code(status).headers(headers).send(body);
  }

  private async rehearse(request: HttpRequest, reply: HttpReply, mode: Mode): Promise<void> {
    // It tells what is configured behind the site, which is not for whoever may only send.
    if (request.apiKey !== undefined) demandScope(request.apiKey, READ);
    const batch = isBatch(mode);
    const answer = await withTrace(traceparentOf(request), 'rehearse events', { 'posthorn.site': siteOf(request) }, () =>
      this.dryRun.of(batch ? readBatch(request, mode, currentTraceparent()) : [judgeable(() => readSingle(request, mode, currentTraceparent()))], !batch),
    );
    await reply.code(200).header('content-type', JSON_TYPE).send(JSON.stringify(batch ? dryRunOfBatch(answer) : dryRunAnswer(answer)));
  }
}

/** What cannot even be read is refused like everything else that is wrong. */
function judgeable(read: () => Draft): Draft | Problem {
  try {
    return read();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function traceparentOf({ headers: { traceparent } }: HttpRequest): string | undefined {
  return typeof traceparent === 'string' ? traceparent : undefined;
}
