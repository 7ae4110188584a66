import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { type HttpRequest, RequireKey, RequireScope } from '@posthorn/http';
import { siteOf } from '../accepting/site.caller.js';
import { ERASE } from '../config.js';
import { readErasureOrder } from './erasure.order.js';
import { type Erasure, ErasureService } from './erasure.service.js';

/** `POST /v1/privacy/erasures`: a site has a person forgotten. */
@Controller('v1/privacy/erasures')
@RequireKey()
export class ErasuresController {
  constructor(private readonly erasures: ErasureService) {}

  @Post()
  @HttpCode(202)
  @RequireScope(ERASE)
  order(@Req() request: HttpRequest): Promise<Erasure> {
    const { email: address } = readErasureOrder(request.headers['content-type'], request.body);
    return this.erasures.erase({ site: siteOf(request), address, cause: 'site' });
  }
}
