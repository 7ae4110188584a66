import { Injectable } from '@nestjs/common';
import { type EventData, type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { numberFormat } from '../mail/intl.formats.js';
import { LetterSender } from '../mail/letter.sender.js';
import { type MailTransport } from '../mail/mail.transport.js';
import { replyLink } from '../mail/reply.link.js';
import { textLines } from '../mail/text.lines.js';
import { momentInWords } from '../mail/time.format.js';
import { unknownOutcomePolicy } from '../mail/unknown-outcome.policy.js';

const ACTION = 'notify-form';

type FormValue = EventData<'form.submitted'>['fields'][string];

/** Brings any other form to the site's owner, with its fields as they were sent. */
@Injectable()
@Delivers({ types: 'form.submitted', action: ACTION, unknown: unknownOutcomePolicy })
export class FormNoticeHandler implements DeliveryHandler<'form.submitted', MailTransport> {
  constructor(private readonly letters: LetterSender) {}

  orderingKey(event: PosthornEvent<'form.submitted'>): string {
    return event.id;
  }

  deliver(event: PosthornEvent<'form.submitted'>, call: DeliveryCall<MailTransport>): Promise<DeliveryResult> {
    const { form, fields, person } = event.data;
    return this.letters.send(
      event,
      {
        action: ACTION,
        template: 'form-notice',
        to: 'owner',
        replyTo: person === undefined ? undefined : { address: person.email, name: person.name },
        model: ({ site, locale, acceptedAt }) => ({
          form,
          person: person === undefined ? null : (person.name ?? person.email),
          replyUrl: person === undefined ? null : replyLink(person.email),
          details: Object.entries(fields).map(([label, value]) => ({ label, lines: valueLines(value, locale) })),
          received: momentInWords(acceptedAt, site.timeZone, locale),
        }),
      },
      call,
    );
  }
}

function valueLines(value: FormValue, locale: string): string[] {
  if (Array.isArray(value)) return value.length === 0 ? ['–'] : value.flatMap((entry) => textLines(entry));
  if (typeof value === 'boolean') return [value ? '✓' : '✗'];
  if (typeof value === 'number') return [numberFormat(locale, { maximumFractionDigits: 20, useGrouping: false }).format(value)];
  const lines = textLines(value);
  return lines.length === 0 ? ['–'] : lines;
}
