import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import { Describe, FreeWhenAccepted, type HttpReply, type HttpRequest, TakesBytes } from '@posthorn/http';
import { withTrace } from '@posthorn/observability';
import { mediaTypeOf } from '../accepting/media.type.js';
import { unknownSource } from './webhook.problems.js';
import { WebhookReceiver } from './webhook.receiver.js';
import { type WebhookSource, WebhookSources } from './webhook.sources.js';
import { RECEIVE_WEBHOOK } from './webhooks.openapi.js';

/** Orders with hundreds of lines, and everything that plugins add to them. */
const LIMIT_BYTES = 1024 * 1024;
const PING = /^webhook_id=\d{1,20}$/;

/** `POST /v1/webhooks/{site}.{source}`: shops and booking tools, who sign what they send. */
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly sources: WebhookSources,
    private readonly receiver: WebhookReceiver,
  ) {}

  @Post(':source')
  @Describe(RECEIVE_WEBHOOK)
  @TakesBytes(LIMIT_BYTES)
  @FreeWhenAccepted()
  async receive(@Param('source') id: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    const source = this.sources.find(id);
    if (source === undefined) throw unknownSource();
    const { headers, rawBody: body = Buffer.alloc(0) } = request;
    const isForm = mediaTypeOf(headers['content-type']) === 'application/x-www-form-urlencoded';
    if (isForm && isPing(source, request)) {
      await reply.code(200).send({ ping: true });
      return;
    }
    const receipt = await withTrace(undefined, 'accept webhook', { 'posthorn.site': source.site, 'posthorn.source': source.id }, () =>
      this.receiver.receive(source, { headers, body }, isForm ? request.body : undefined),
    );
    await reply.code(202).send(receipt);
  }
}

// It says nothing and changes nothing, so that nobody needs to have signed it.
function isPing({ preset }: WebhookSource, { headers, rawBody = Buffer.alloc(0) }: HttpRequest): boolean {
  return preset.pingsWithForm === true && headers[preset.scheme.header] === undefined && PING.test(rawBody.toString('latin1'));
}
