import { Injectable, Logger } from '@nestjs/common';
import { type HttpReply, type HttpRequest, problemOf } from '@posthorn/http';
import { languageOf, type PageKind } from './link-page.texts.js';
import { type LinkPage, PAGE_POLICY, renderLinkPage } from './link-page.view.js';

const STATUS: Partial<Record<PageKind, number>> = { invalid: 404, expired: 410, 'erase-expired': 410, unavailable: 503 };
const RETRY_AFTER_SECONDS = '60';

/** What is to be shown; its language is the person's, where that is known, or else the browser's. */
export interface ChosenPage extends Omit<LinkPage, 'language'> {
  locale?: string | undefined;
}

/** Answers who follows a link in a mail: with a page, whatever happens. */
@Injectable()
export class LinkPageResponder {
  private readonly logger = new Logger(LinkPageResponder.name);

  async answer(request: HttpRequest, reply: HttpReply, choose: () => Promise<ChosenPage>): Promise<void> {
    const preferred = request.headers['accept-language'];
    try {
      const { locale, ...page } = await choose();
      send(reply, { ...page, language: languageOf(locale ?? preferred) });
    } catch (error) {
      // A person reads this, so it is a page even now; the log has the reason.
      this.logger.error({ msg: 'a link in a mail could not be followed', code: problemOf(error).code, err: error });
      send(reply.header('retry-after', RETRY_AFTER_SECONDS), { kind: 'unavailable', language: languageOf(preferred) });
    }
  }
}

function send(reply: HttpReply, page: LinkPage): void {
  void reply
    .code(STATUS[page.kind] ?? 200)
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', PAGE_POLICY)
    .send(renderLinkPage(page));
}
