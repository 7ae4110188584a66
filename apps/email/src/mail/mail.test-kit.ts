import { createEvent, type EventData, type EventType, type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryHandler, type DeliveryResult } from '@posthorn/delivery';
import { LetterSender } from './letter.sender.js';
import { type MailTransport, type OutgoingMail } from './mail.transport.js';
import { type MailSettings } from './site.profile.js';
import { TemplateBook } from './template.book.js';

export const SETTINGS: MailSettings = {
  publicUrl: 'https://events.acme.example',
  linkSecret: 'a-secret-of-the-tests-and-nothing-else',
  confirmationLinkDays: 7,
  sites: {
    acme: {
      name: 'Acme Gardens',
      url: 'https://www.acme.example/',
      owner: { address: 'owner@acme.example' },
      from: { address: 'hello@acme.example' },
      locale: 'en',
      timeZone: 'Europe/London',
      accent: '#1f6f54',
    },
    gruen: {
      name: 'Grün & Söhne',
      url: 'https://gruen.example',
      owner: { address: 'inhaber@gruen.example', name: 'Inhaber' },
      from: { address: 'post@gruen.example', name: 'Gärtnerei Grün' },
      locale: 'de-AT',
      timeZone: 'Europe/Vienna',
      accent: '#f2c94c',
      imprint: 'Gärtnerei Grün, Gartengasse 1, 1050 Wien\nUID ATU00000000',
    },
  },
};

export const sender = (): LetterSender => new LetterSender(SETTINGS, new TemplateBook(SETTINGS.sites));

/** What the handler hands to the transport for this event, and what it reports. */
export async function mailFor<T extends EventType>(
  handler: DeliveryHandler<T, MailTransport>,
  event: PosthornEvent<T>,
): Promise<{ mail: OutgoingMail; result: DeliveryResult }> {
  const sent: OutgoingMail[] = [];
  const provider: MailTransport = {
    send: (mail) => {
      sent.push(mail);
      return Promise.resolve({ response: '250 ok' });
    },
    check: () => Promise.resolve(),
    close: () => undefined,
  };
  const connection = { id: `${event.site}-mail`, site: event.site, options: {} };
  const result = await handler.deliver(event, { provider, connection, deliveryId: event.id, attempt: 1, signal: new AbortController().signal });
  const [mail] = sent;
  if (mail === undefined || sent.length > 1) throw new Error(`One mail was expected, not ${sent.length}`);
  return { mail, result };
}

export function eventOf<T extends EventType>(type: T, data: EventData<T>, site = 'acme'): PosthornEvent<T> {
  return createEvent({ site, type, data });
}
