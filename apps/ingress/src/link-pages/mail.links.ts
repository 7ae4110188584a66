import { Inject, Injectable } from '@nestjs/common';
import { LinkError, type LinkPurpose, parseEvent, type PosthornEvent, verifyLink } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';

export const MAIL_LINKS = Symbol('MAIL_LINKS');

export interface MailLinksOptions {
  linkSecret: string;
  siteNames: Readonly<Record<string, string>>;
}

export type ResolvedLink = { status: 'genuine'; event: PosthornEvent; siteName: string } | { status: 'expired' | 'invalid' };

/** What a link in a mail was sent for. */
@Injectable()
export class MailLinks {
  constructor(
    private readonly ledger: Ledger,
    @Inject(MAIL_LINKS) private readonly options: MailLinksOptions,
  ) {}

  /** Changes nothing: mail scanners open every link. */
  async resolve(token: string, purpose: LinkPurpose): Promise<ResolvedLink> {
    let eventId: string;
    try {
      eventId = verifyLink(token, purpose, this.options.linkSecret).eventId;
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      return { status: error.code === 'LINK_EXPIRED' ? 'expired' : 'invalid' };
    }
    const row = await this.ledger.find(eventId);
    if (row === undefined) return { status: 'invalid' };
    // Nothing is left of whom it was for.
    if (row.envelope.erased === true) return { status: 'expired' };
    const event = parseEvent(row.envelope);
    return { status: 'genuine', event, siteName: this.options.siteNames[event.site] ?? event.site };
  }
}
