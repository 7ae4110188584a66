import { Inject, Injectable } from '@nestjs/common';
import { acceptedAtOf, type PosthornEvent, signLink } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { greetingName } from '../mail/greeting.name.js';
import { dateFormat } from '../mail/intl.formats.js';
import { LetterSender } from '../mail/letter.sender.js';
import { type MailTransport } from '../mail/mail.transport.js';
import { MAIL_SETTINGS, type MailSettings } from '../mail/site.profile.js';

const ACTION = 'confirm-erasure';
const DAY_MS = 86_400_000;

/**
 * Asks whether the person really wants to be forgotten. Like a double opt-in it is held and not repeated when its fate is
 * unknown: anybody can have it sent to any address.
 */
@Injectable()
@Delivers({ types: 'privacy.confirmation_requested', action: ACTION, unknown: 'hold' })
export class ErasureConfirmationHandler implements DeliveryHandler<'privacy.confirmation_requested', MailTransport> {
  constructor(
    private readonly letters: LetterSender,
    @Inject(MAIL_SETTINGS) private readonly settings: MailSettings,
  ) {}

  orderingKey(event: PosthornEvent<'privacy.confirmation_requested'>): string {
    return event.id;
  }

  deliver(event: PosthornEvent<'privacy.confirmation_requested'>, call: DeliveryCall<MailTransport>): Promise<DeliveryResult> {
    const { person } = event.data;
    const greeting = greetingName(person.name);
    const { publicUrl, linkSecret, confirmationLinkDays } = this.settings;
    const expiresAt = new Date(acceptedAtOf(event.id).getTime() + confirmationLinkDays * DAY_MS);
    const token = signLink({ purpose: 'erase', eventId: event.id, expiresAt }, linkSecret);
    return this.letters.send(
      event,
      {
        action: ACTION,
        template: 'erasure-confirmation',
        to: { address: person.email, name: greeting },
        replyTo: 'owner',
        locales: [person.locale],
        model: ({ site, locale }) => ({
          greeting: greeting ?? null,
          confirmUrl: `${publicUrl}/v1/privacy/confirm/${token}`,
          expires: dateFormat(locale, { timeZone: site.timeZone, dateStyle: 'long' }).format(expiresAt),
        }),
      },
      call,
    );
  }
}
