import { Injectable } from '@nestjs/common';
import { type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { LetterSender } from '../mail/letter.sender.js';
import { type MailTransport } from '../mail/mail.transport.js';
import { replyLink } from '../mail/reply.link.js';
import { textLines } from '../mail/text.lines.js';
import { momentInWords } from '../mail/time.format.js';
import { unknownOutcomePolicy } from '../mail/unknown-outcome.policy.js';

const ACTION = 'notify-owner';

/** Brings the enquiry to the site's owner, whose answer goes straight to the person. */
@Injectable()
@Delivers({ types: 'lead.submitted', action: ACTION, unknown: unknownOutcomePolicy })
export class LeadNoticeHandler implements DeliveryHandler<'lead.submitted', MailTransport> {
  constructor(private readonly letters: LetterSender) {}

  orderingKey(event: PosthornEvent<'lead.submitted'>): string {
    return event.id;
  }

  deliver(event: PosthornEvent<'lead.submitted'>, call: DeliveryCall<MailTransport>): Promise<DeliveryResult> {
    const { person, message, page, form, campaign } = event.data;
    return this.letters.send(
      event,
      {
        action: ACTION,
        template: 'lead-notice',
        to: 'owner',
        replyTo: { address: person.email, name: person.name },
        model: ({ site, locale, acceptedAt }) => ({
          person: person.name ?? person.email,
          email: person.email,
          phone: person.phone ?? null,
          company: person.company ?? null,
          messageLines: textLines(message),
          page: page ?? null,
          form: form ?? null,
          campaign: [campaign?.source, campaign?.medium, campaign?.name].filter((part) => part !== undefined && part !== '').join(' / ') || null,
          replyUrl: replyLink(person.email),
          received: momentInWords(acceptedAt, site.timeZone, locale),
        }),
      },
      call,
    );
  }
}
