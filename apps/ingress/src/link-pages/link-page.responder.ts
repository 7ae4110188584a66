import { Injectable, Logger } from '@nestjs/common';
import { type HttpReply, type HttpRequest, problemOf } from '@posthorn/http';
import { languageOf } from '../pages/page.language.js';
import { sendPage } from '../pages/page.view.js';
import { type PageKind, TEXTS } from './link-page.texts.js';

const STATUS: Partial<Record<PageKind, number>> = { invalid: 404, expired: 410, 'erase-expired': 410, unavailable: 503 };
const RETRY_AFTER_SECONDS = '60';

/** What is to be shown; its language is the person's, where that is known, or else the browser's. */
export interface ChosenPage {
  kind: PageKind;
  /** Absent when the link does not say whose it is. */
  siteName?: string;
  locale?: string | undefined;
}

/** Answers who follows a link in a mail: with a page, whatever happens. */
@Injectable()
export class LinkPageResponder {
  private readonly logger = new Logger(LinkPageResponder.name);

  async answer(request: HttpRequest, reply: HttpReply, choose: () => Promise<ChosenPage>): Promise<void> {
    const preferred = request.headers['accept-language'];
    try {
      send(reply, await choose(), preferred);
    } catch (error) {
      // A person reads this, so it is a page even now; the log has the reason.
      this.logger.error({ msg: 'a link in a mail could not be followed', code: problemOf(error).code, err: error });
      send(reply.header('retry-after', RETRY_AFTER_SECONDS), { kind: 'unavailable' }, preferred);
    }
  }
}

function send(reply: HttpReply, { kind, siteName = '', locale }: ChosenPage, preferred: string | undefined): void {
  const language = languageOf(locale ?? preferred);
  const { title, body, button } = TEXTS[language][kind];
  sendPage(reply, STATUS[kind] ?? 200, { language, title, body: body.replace('{site}', () => siteName), siteName, button });
}
