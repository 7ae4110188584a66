import { Inject, Injectable } from '@nestjs/common';
import { acceptedAtOf, type PosthornEvent, signLink } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { greetingName } from '../mail/greeting.name.js';
import { LetterSender } from '../mail/letter.sender.js';
import { type MailTransport } from '../mail/mail.transport.js';
import { MAIL_SETTINGS, type MailSettings } from '../mail/site.profile.js';
import { unknownOutcomePolicy } from '../mail/unknown-outcome.policy.js';

const ACTION = 'welcome';
/** Old mails are found again; leaving must still work then. */
const UNSUBSCRIBE_LINK_MS = 5 * 365 * 86_400_000;

/** Greets a subscriber who confirmed, with one-click unsubscription (RFC 8058). */
@Injectable()
@Delivers({ types: 'newsletter.confirmed', action: ACTION, unknown: unknownOutcomePolicy })
export class WelcomeHandler implements DeliveryHandler<'newsletter.confirmed', MailTransport> {
  constructor(
    private readonly letters: LetterSender,
    @Inject(MAIL_SETTINGS) private readonly settings: MailSettings,
  ) {}

  orderingKey(event: PosthornEvent<'newsletter.confirmed'>): string {
    return event.id;
  }

  deliver(event: PosthornEvent<'newsletter.confirmed'>, call: DeliveryCall<MailTransport>): Promise<DeliveryResult> {
    const { person, list } = event.data;
    const greeting = greetingName(person.name);
    const { publicUrl, linkSecret } = this.settings;
    const expiresAt = new Date(acceptedAtOf(event.id).getTime() + UNSUBSCRIBE_LINK_MS);
    // The subscription is what ends; a confirmation that a site reported by itself has no other event behind it.
    const token = signLink({ purpose: 'unsubscribe', eventId: event.causationid ?? event.id, expiresAt }, linkSecret);
    const unsubscribeUrl = `${publicUrl}/v1/newsletter/unsubscribe/${token}`;
    return this.letters.send(
      event,
      {
        action: ACTION,
        template: 'newsletter-welcome',
        to: { address: person.email, name: greeting },
        replyTo: 'owner',
        locales: [person.locale],
        model: () => ({ greeting: greeting ?? null, list, unsubscribeUrl }),
        headers: { 'List-Unsubscribe': `<${unsubscribeUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
      },
      call,
    );
  }
}
