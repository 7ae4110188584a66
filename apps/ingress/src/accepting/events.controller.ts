import { Controller, Post, Req, Res } from '@nestjs/common';
import { type HttpReply, type HttpRequest, RequireKey, RequireScope } from '@posthorn/http';
import { currentTraceparent, withTrace } from '@posthorn/observability';
import { AdmissionService } from '../admission/admission.service.js';
import { WRITE } from '../config.js';
import { readSubmission } from './submission.reader.js';
import { siteOf } from './site.caller.js';

/** `POST /v1/events`: the door every event comes in by. */
@Controller('v1/events')
@RequireKey()
export class EventsController {
  constructor(private readonly admission: AdmissionService) {}

  // The reply is sent here rather than returned: Nest's way out costs a tenth of the throughput.
  @Post()
  @RequireScope(WRITE)
  async submit(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    const { headers } = request;
    const site = siteOf(request);
    const accepted = await withTrace(singleOf(headers['traceparent']), 'accept event', { 'posthorn.site': site }, () => {
      const { envelope, issues, idempotencyKey } = readSubmission(
        {
          contentType: headers['content-type'],
          body: request.body,
          idempotencyKey: headers['idempotency-key'],
          traceparent: currentTraceparent(),
        },
        site,
      );
      const once = idempotencyKey === undefined ? undefined : { idempotencyKey, content: request.rawBody ?? '' };
      return this.admission.admit({ channel: 'api', site, caller: request.apiKey, envelope, issues, once });
    });
    const { id, acceptedAt, replayed } = accepted;
    if (replayed) reply.header('idempotent-replayed', 'true');
    await reply
      .code(202)
      .header('location', `/v1/events/${id}`)
      .header('content-type', 'application/json; charset=utf-8')
      .send(`{"id":"${id}","acceptedAt":"${acceptedAt.toISOString()}"}`);
  }
}

function singleOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
