import { Controller, Get, Logger, Param, Post, Req, Res } from '@nestjs/common';
import type { LinkPurpose } from '@posthorn/contracts';
import { type HttpReply, type HttpRequest, problemOf } from '@posthorn/http';
import { languageOf, type PageKind } from './link-page.texts.js';
import { type LinkPage, PAGE_POLICY, renderLinkPage } from './link-page.view.js';
import { NewsletterLinksService } from './newsletter-links.service.js';

const STATUS: Partial<Record<PageKind, number>> = { invalid: 404, expired: 410, unavailable: 503 };
const RETRY_AFTER_SECONDS = '60';

/** The pages behind the links in newsletter mails. A mail program's one-click unsubscribe (RFC 8058) posts here too. */
@Controller('v1/newsletter')
export class NewsletterLinksController {
  private readonly logger = new Logger(NewsletterLinksController.name);

  constructor(private readonly links: NewsletterLinksService) {}

  @Get('confirm/:token')
  askToConfirm(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.answer({ token, purpose: 'confirm', pressed: false }, request, reply);
  }

  @Post('confirm/:token')
  confirm(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.answer({ token, purpose: 'confirm', pressed: true }, request, reply);
  }

  @Get('unsubscribe/:token')
  askToUnsubscribe(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.answer({ token, purpose: 'unsubscribe', pressed: false }, request, reply);
  }

  @Post('unsubscribe/:token')
  unsubscribe(@Param('token') token: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.answer({ token, purpose: 'unsubscribe', pressed: true }, request, reply);
  }

  private async answer(visit: Visit, request: HttpRequest, reply: HttpReply): Promise<void> {
    const preferred = request.headers['accept-language'];
    try {
      send(reply, await this.pageFor(visit, preferred));
    } catch (error) {
      // A person reads this, so it is a page even now; the log has the reason.
      this.logger.error({ msg: 'a newsletter link could not be followed', code: problemOf(error).code, err: error });
      send(reply.header('retry-after', RETRY_AFTER_SECONDS), { kind: 'unavailable', language: languageOf(preferred) });
    }
  }

  private async pageFor({ token, purpose, pressed }: Visit, preferred: string | undefined): Promise<LinkPage> {
    const link = await this.links.resolve(token, purpose);
    if (link.status !== 'genuine') return { kind: link.status, language: languageOf(preferred) };
    if (pressed) await this.links.follow(link.subscription, purpose);
    const language = languageOf(link.subscription.data.person.locale ?? preferred);
    return { kind: pressed ? `${purpose}-done` : purpose, language, siteName: link.siteName };
  }
}

interface Visit {
  token: string;
  purpose: LinkPurpose;
  /** Whether the button was pressed, or the page only looked at. */
  pressed: boolean;
}

function send(reply: HttpReply, page: LinkPage): void {
  void reply
    .code(STATUS[page.kind] ?? 200)
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', PAGE_POLICY)
    .send(renderLinkPage(page));
}
