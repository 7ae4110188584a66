import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { Describe, type HttpReply, type HttpRequest } from '@posthorn/http';
import { type ChosenPage, LinkPageResponder } from '../link-pages/link-page.responder.js';
import { ErasureConfirmations } from './erasure.confirmations.js';
import { ASK_TO_ERASE, ERASE_BY_LINK } from '../link-pages/link-pages.openapi.js';

/** The page behind the link in the mail that asks whether somebody wants to be forgotten. */
@Controller('v1/privacy/confirm')
export class ErasureLinksController {
  constructor(
    private readonly confirmations: ErasureConfirmations,
    private readonly pages: LinkPageResponder,
  ) {}

  @Get(':token')
  @Describe(ASK_TO_ERASE)
  ask(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.pages.answer(request, reply, () => this.pageFor(token, false));
  }

  @Post(':token')
  @Describe(ERASE_BY_LINK)
  erase(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.pages.answer(request, reply, () => this.pageFor(token, true));
  }

  private async pageFor(token: string, pressed: boolean): Promise<ChosenPage> {
    const link = await this.confirmations.resolve(token);
    if (link.status !== 'genuine') return { kind: link.status === 'expired' ? 'erase-expired' : 'invalid' };
    const { confirmation, siteName } = link;
    if (pressed) await this.confirmations.follow(confirmation);
    return { kind: pressed ? 'erase-done' : 'erase', locale: confirmation.data.person.locale, siteName };
  }
}
