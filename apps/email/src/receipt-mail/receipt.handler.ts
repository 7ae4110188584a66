import { Injectable } from '@nestjs/common';
import { type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { greetingName } from '../mail/greeting.name.js';
import { LetterSender } from '../mail/letter.sender.js';
import { type MailTransport } from '../mail/mail.transport.js';
import { formatLineTotal, formatMoney, formatQuantity } from '../mail/money.format.js';
import { momentInWords } from '../mail/time.format.js';
import { unknownOutcomePolicy } from '../mail/unknown-outcome.policy.js';

const ACTION = 'receipt';

/** Thanks for a payment and lists what it was for. The total is the event's, never our own sum. */
@Injectable()
@Delivers({ types: 'order.paid', action: ACTION, unknown: unknownOutcomePolicy })
export class ReceiptHandler implements DeliveryHandler<'order.paid', MailTransport> {
  constructor(private readonly letters: LetterSender) {}

  orderingKey(event: PosthornEvent<'order.paid'>): string {
    return event.id;
  }

  deliver(event: PosthornEvent<'order.paid'>, call: DeliveryCall<MailTransport>): Promise<DeliveryResult> {
    const { orderId, total, lines, person } = event.data;
    const greeting = greetingName(person.name);
    return this.letters.send(
      event,
      {
        action: ACTION,
        template: 'order-receipt',
        to: { address: person.email, name: greeting },
        replyTo: 'owner',
        locales: [person.locale],
        model: ({ site, locale }) => ({
          greeting: greeting ?? null,
          orderId,
          paid: momentInWords(new Date(event.time), site.timeZone, locale),
          lines: lines.map(({ name, quantity, price }) => ({
            name,
            quantity: formatQuantity(quantity, locale),
            price: formatMoney(price, total.currency, locale),
            total: formatLineTotal(quantity, price, total.currency, locale),
            several: quantity !== 1,
          })),
          total: formatMoney(total.amount, total.currency, locale),
        }),
      },
      call,
    );
  }
}
