import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { Describe, type HttpReply, type HttpRequest } from '@posthorn/http';
import { type ChosenPage, LinkPageResponder } from '../link-pages/link-page.responder.js';
import { type NewsletterPurpose, NewsletterLinksService } from './newsletter-links.service.js';
import { ASK_TO_CONFIRM, ASK_TO_UNSUBSCRIBE, CONFIRM, UNSUBSCRIBE } from '../link-pages/link-pages.openapi.js';

/** The pages behind the links in newsletter mails. A mail program's one-click unsubscribe (RFC 8058) posts here too. */
@Controller('v1/newsletter')
export class NewsletterLinksController {
  constructor(
    private readonly links: NewsletterLinksService,
    private readonly pages: LinkPageResponder,
  ) {}

  @Get('confirm/:token')
  @Describe(ASK_TO_CONFIRM)
  askToConfirm(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.pages.answer(request, reply, () => this.pageFor({ token, purpose: 'confirm', pressed: false }));
  }

  @Post('confirm/:token')
  @Describe(CONFIRM)
  confirm(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.pages.answer(request, reply, () => this.pageFor({ token, purpose: 'confirm', pressed: true }));
  }

  @Get('unsubscribe/:token')
  @Describe(ASK_TO_UNSUBSCRIBE)
  askToUnsubscribe(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.pages.answer(request, reply, () => this.pageFor({ token, purpose: 'unsubscribe', pressed: false }));
  }

  @Post('unsubscribe/:token')
  @Describe(UNSUBSCRIBE)
  unsubscribe(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.pages.answer(request, reply, () => this.pageFor({ token, purpose: 'unsubscribe', pressed: true }));
  }

  private async pageFor({ token, purpose, pressed }: Visit): Promise<ChosenPage> {
    const link = await this.links.resolve(token, purpose);
    if (link.status !== 'genuine') return { kind: link.status };
    if (pressed) await this.links.follow(link.subscription, purpose);
    return { kind: pressed ? `${purpose}-done` : purpose, locale: link.subscription.data.person.locale, siteName: link.siteName };
  }
}

interface Visit {
  token: string;
  purpose: NewsletterPurpose;
  /** Whether the button was pressed, or the page only looked at. */
  pressed: boolean;
}
