import { Injectable } from '@nestjs/common';
import { createEvent, type LinkPurpose, type PosthornEvent } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { currentTraceparent, withTrace } from '@posthorn/observability';
import { AcceptanceService } from '../accepting/acceptance.service.js';
import { MailLinks } from '../link-pages/mail.links.js';

export type NewsletterPurpose = Exclude<LinkPurpose, 'erase'>;
export type Subscription = PosthornEvent<'newsletter.subscribed' | 'newsletter.confirmed' | 'newsletter.unsubscribed'>;

export type ResolvedNewsletterLink =
  | { status: 'genuine'; subscription: Subscription; siteName: string }
  | { status: 'expired' | 'invalid' };

const EVENT_OF = { confirm: 'newsletter.confirmed', unsubscribe: 'newsletter.unsubscribed' } as const;

/** What the links in newsletter mails stand for. */
@Injectable()
export class NewsletterLinksService {
  constructor(
    private readonly ledger: Ledger,
    private readonly acceptance: AcceptanceService,
    private readonly links: MailLinks,
  ) {}

  async resolve(token: string, purpose: NewsletterPurpose): Promise<ResolvedNewsletterLink> {
    const link = await this.links.resolve(token, purpose);
    if (link.status !== 'genuine') return link;
    const { event: subscription, siteName } = link;
    if (!isNewsletter(subscription)) return { status: 'invalid' };
    // Who has left since can only come back by signing up again; to say "you are subscribed" would not be true.
    if (purpose === 'confirm' && (await this.ledger.findByKey(subscription.site, keyOf('unsubscribe', subscription)))) return { status: 'expired' };
    return { status: 'genuine', subscription, siteName };
  }

  /** Accepts the confirmation or the farewell; however often the button is pressed, one event results. */
  async follow(subscription: Subscription, purpose: NewsletterPurpose): Promise<void> {
    const type = EVENT_OF[purpose];
    await withTrace(subscription.traceparent, type, { 'posthorn.site': subscription.site }, () =>
      this.acceptance.accept(
        createEvent({
          site: subscription.site,
          type,
          data: purpose === 'confirm' ? confirmed(subscription.data) : subscription.data,
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

// Whatever the website said of how consent was given: whoever follows the link has given it twice.
function confirmed({ consent, ...data }: Subscription['data']): Subscription['data'] {
  return consent === undefined ? data : { ...data, consent: { ...consent, way: 'double-opt-in' } };
}

// With spaces, which no site's own Idempotency-Key can have: a site must not be able to take the place of a link.
function keyOf(purpose: NewsletterPurpose, subscription: Subscription): string {
  return `newsletter link ${purpose} ${subscription.id}`;
}

function isNewsletter(event: PosthornEvent): event is Subscription {
  return event.type.startsWith('newsletter.');
}
