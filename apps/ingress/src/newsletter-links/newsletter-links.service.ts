import { Inject, Injectable } from '@nestjs/common';
import { createEvent, LinkError, type LinkPurpose, parseEvent, type PosthornEvent, verifyLink } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { currentTraceparent, withTrace } from '@posthorn/observability';
import { AcceptanceService } from '../accepting/acceptance.service.js';

export const NEWSLETTER_LINKS = Symbol('NEWSLETTER_LINKS');

export interface NewsletterLinksOptions {
  linkSecret: string;
  siteNames: Readonly<Record<string, string>>;
}

export type Subscription = PosthornEvent<'newsletter.subscribed' | 'newsletter.confirmed' | 'newsletter.unsubscribed'>;

export type ResolvedLink =
  | { status: 'genuine'; subscription: Subscription; siteName: string }
  | { status: 'expired' | 'invalid' };

const EVENT_OF = { confirm: 'newsletter.confirmed', unsubscribe: 'newsletter.unsubscribed' } as const;

/** What the links in newsletter mails stand for. */
@Injectable()
export class NewsletterLinksService {
  constructor(
    private readonly ledger: Ledger,
    private readonly acceptance: AcceptanceService,
    @Inject(NEWSLETTER_LINKS) private readonly options: NewsletterLinksOptions,
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
    // Nothing is left of whom it was for.
    if (row?.envelope.erased === true) return { status: 'expired' };
    const subscription = row === undefined ? undefined : parseEvent(row.envelope);
    if (subscription === undefined || !isNewsletter(subscription)) return { status: 'invalid' };
    // Who has left since can only come back by signing up again; to say "you are subscribed" would not be true.
    if (purpose === 'confirm' && (await this.ledger.findByKey(subscription.site, keyOf('unsubscribe', subscription)))) return { status: 'expired' };
    return { status: 'genuine', subscription, siteName: this.options.siteNames[subscription.site] ?? subscription.site };
  }

  /** Accepts the confirmation or the farewell; however often the button is pressed, one event results. */
  async follow(subscription: Subscription, purpose: LinkPurpose): Promise<void> {
    const type = EVENT_OF[purpose];
    await withTrace(subscription.traceparent, type, { 'posthorn.site': subscription.site }, () =>
      this.acceptance.accept(
        createEvent({
          site: subscription.site,
          type,
          data: subscription.data,
          source: '/newsletter-links',
          correlationid: subscription.correlationid,
          causationid: subscription.id,
          traceparent: currentTraceparent(),
        }),
        { idempotencyKey: keyOf(purpose, subscription), content: subscription.id },
      ),
    );
  }
}

// With spaces, which no site's own Idempotency-Key can have: a site must not be able to take the place of a link.
function keyOf(purpose: LinkPurpose, subscription: Subscription): string {
  return `newsletter link ${purpose} ${subscription.id}`;
}

function isNewsletter(event: PosthornEvent): event is Subscription {
  return event.type.startsWith('newsletter.');
}
