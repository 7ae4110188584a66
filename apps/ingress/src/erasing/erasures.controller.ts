import { Controller, Headers, HttpCode, Post, Req } from '@nestjs/common';
import { Describe, type ApiKey, Caller, demandScope, type HttpRequest, RequireKey } from '@posthorn/http';
import { withTrace } from '@posthorn/observability';
import { siteOf } from '../accepting/site.caller.js';
import { ERASE, WRITE } from '../access/key.rights.js';
import { ErasureConfirmations } from './erasure.confirmations.js';
import { readErasureOrder } from './erasure.order.js';
import { type Erasure, ErasureService } from './erasure.service.js';
import { ERASE_PERSON } from './erasures.openapi.js';

/** `POST /v1/privacy/erasures`: a site has a person forgotten, or lets the person say so. */
@Controller('v1/privacy/erasures')
@RequireKey()
export class ErasuresController {
  constructor(
    private readonly erasures: ErasureService,
    private readonly confirmations: ErasureConfirmations,
  ) {}

  @Post()
  @Describe(ERASE_PERSON)
  @HttpCode(202)
  order(@Req() request: HttpRequest, @Caller() caller: ApiKey, @Headers('traceparent') traceparent?: string): Promise<Erasure | { id: string }> {
    const { email: address, confirm, locale } = readErasureOrder(request.headers['content-type'], request.body);
    demandScope(caller, confirm ? WRITE : ERASE);
    const site = siteOf(request);
    return withTrace(traceparent, confirm ? 'ask person' : 'erase person', { 'posthorn.site': site }, () =>
      confirm ? this.confirmations.ask({ site, address, locale }) : this.erasures.erase({ site, address, cause: 'site' }),
    );
  }
}
