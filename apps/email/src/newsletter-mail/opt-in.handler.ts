import { Inject, Injectable } from '@nestjs/common';
import { acceptedAtOf, type PosthornEvent, signLink } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { greetingName } from '../mail/greeting.name.js';
import { dateFormat } from '../mail/intl.formats.js';
import { LetterSender } from '../mail/letter.sender.js';
import { type MailTransport } from '../mail/mail.transport.js';
import { MAIL_SETTINGS, type MailSettings } from '../mail/site.profile.js';

const ACTION = 'opt-in';
const DAY_MS = 86_400_000;

/**
 * Asks whether the person really wants the newsletter. Held and not repeated when its fate is unknown, whatever the
 * connection says: nobody has agreed to hear from us yet, so one mail is the most we may send.
 */
@Injectable()
@Delivers({ types: 'newsletter.subscribed', action: ACTION, unknown: 'hold' })
export class OptInHandler implements DeliveryHandler<'newsletter.subscribed', MailTransport> {
  constructor(
    private readonly letters: LetterSender,
    @Inject(MAIL_SETTINGS) private readonly settings: MailSettings,
  ) {}

  orderingKey(event: PosthornEvent<'newsletter.subscribed'>): string {
    return event.id;
  }

  deliver(event: PosthornEvent<'newsletter.subscribed'>, call: DeliveryCall<MailTransport>): Promise<DeliveryResult> {
    const { person, list } = event.data;
    const greeting = greetingName(person.name);
    const { publicUrl, linkSecret, confirmationLinkDays } = this.settings;
    const expiresAt = new Date(acceptedAtOf(event.id).getTime() + confirmationLinkDays * DAY_MS);
    const token = signLink({ purpose: 'confirm', eventId: event.id, expiresAt }, linkSecret);
    return this.letters.send(
      event,
      {
        action: ACTION,
        template: 'newsletter-opt-in',
        to: { address: person.email, name: greeting },
        replyTo: 'owner',
        locales: [person.locale],
        model: ({ site, locale }) => ({
          greeting: greeting ?? null,
          list,
          confirmUrl: `${publicUrl}/v1/newsletter/confirm/${token}`,
          expires: dateFormat(locale, { timeZone: site.timeZone, dateStyle: 'long' }).format(expiresAt),
        }),
      },
      call,
    );
  }
}
