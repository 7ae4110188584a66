import { Controller, Post, Req, Res } from '@nestjs/common';
import { FromBrowsers, type HttpReply, type HttpRequest, RequireKey, RequireScope, TakesBatches } from '@posthorn/http';
import { currentTraceparent, withTrace } from '@posthorn/observability';
import { WRITE } from '../access/key.rights.js';
import { AdmissionService } from '../admission/admission.service.js';
import { batchAnswer } from './batch.answer.js';
import { modeOf, readBatch, readSingle } from './request.reader.js';
import { siteOf } from './site.caller.js';

const BATCH_LIMIT_BYTES = 5 * 1024 * 1024;

/** `POST /v1/events`: the door every event comes in by, alone or with others. */
@Controller('v1/events')
@RequireKey()
export class EventsController {
  constructor(private readonly admission: AdmissionService) {}

  // The reply is sent here rather than returned: Nest's way out costs a tenth of the throughput.
  @Post()
  @RequireScope(WRITE)
  @TakesBatches({ bodyLimitBytes: BATCH_LIMIT_BYTES })
  @FromBrowsers()
  async submit(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    const mode = modeOf(request);
    if (mode === 'batch' || mode === 'cloudevents-batch') await this.acceptBatch(request, reply, mode);
    else await this.acceptSingle(request, reply, mode);
  }

  private async acceptSingle(request: HttpRequest, reply: HttpReply, mode: 'plain' | 'structured' | 'binary'): Promise<void> {
    const { id, acceptedAt, replayed } = await withTrace(traceparentOf(request), 'accept event', { 'posthorn.site': siteOf(request) }, () =>
      this.admission.admit(readSingle(request, mode, currentTraceparent())),
    );
    if (replayed) reply.header('idempotent-replayed', 'true');
    await reply
      .code(202)
      .header('location', `/v1/events/${id}`)
      .header('content-type', 'application/json; charset=utf-8')
      .send(`{"id":"${id}","acceptedAt":"${acceptedAt.toISOString()}"}`);
  }

  private async acceptBatch(request: HttpRequest, reply: HttpReply, mode: 'batch' | 'cloudevents-batch'): Promise<void> {
    const outcomes = await withTrace(traceparentOf(request), 'accept events', { 'posthorn.site': siteOf(request) }, () =>
      this.admission.admitAll(readBatch(request, mode, currentTraceparent())),
    );
    const { status, headers, body } = batchAnswer(outcomes);
    await reply.code(status).headers(headers).send(body);
  }
}

function traceparentOf({ headers: { traceparent } }: HttpRequest): string | undefined {
  return typeof traceparent === 'string' ? traceparent : undefined;
}
