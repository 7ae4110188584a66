import { Injectable } from '@nestjs/common';
import { type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { greetingName } from '../mail/greeting.name.js';
import { LetterSender } from '../mail/letter.sender.js';
import { type MailTransport } from '../mail/mail.transport.js';
import { unknownOutcomePolicy } from '../mail/unknown-outcome.policy.js';

const ACTION = 'confirm-lead';

/**
 * Tells the person that the message arrived. It does not repeat the message: a form can be filled in with anybody's
 * address, and an echo would let strangers send their words to third parties under the site's name.
 */
@Injectable()
@Delivers({ types: 'lead.submitted', action: ACTION, unknown: unknownOutcomePolicy })
export class LeadConfirmationHandler implements DeliveryHandler<'lead.submitted', MailTransport> {
  constructor(private readonly letters: LetterSender) {}

  orderingKey(event: PosthornEvent<'lead.submitted'>): string {
    return event.id;
  }

  deliver(event: PosthornEvent<'lead.submitted'>, call: DeliveryCall<MailTransport>): Promise<DeliveryResult> {
    const { person } = event.data;
    const greeting = greetingName(person.name);
    return this.letters.send(
      event,
      {
        action: ACTION,
        template: 'lead-confirmation',
        to: { address: person.email, name: greeting },
        replyTo: 'owner',
        locales: [person.locale],
        model: () => ({ greeting: greeting ?? null }),
      },
      call,
    );
  }
}
