import { createHash } from 'node:crypto';
import type { Enquiry, Order, Person } from '../../crm.provider.js';
import type { Properties } from './hubspot.client.js';

/** HubSpot keeps e-mail addresses in lower case; sending them so keeps one person one contact. */
export function contactId(email: string): string {
  return email.trim().toLowerCase();
}

/** Only what is known: an absent field must not empty what the CRM already holds. */
export function contactProperties(person: Person): Properties {
  return present({
    email: contactId(person.email),
    ...splitName(person.name),
    phone: person.phone,
    company: person.company,
    hs_language: language(person.locale),
  });
}

/** The note's body is shown as HTML inside the CRM, so everything a visitor typed is escaped. */
export function noteProperties(enquiry: Enquiry): Properties {
  const details = enquiry.details.map(({ label, value }) => `<li><strong>${escapeHtml(label)}</strong>: ${lines(value)}</li>`);
  const parts = [
    `<p><strong>${escapeHtml(enquiry.subject)}</strong></p>`,
    ...(enquiry.message ? [`<p>${lines(enquiry.message)}</p>`] : []),
    ...(details.length > 0 ? [`<ul>${details.join('')}</ul>`] : []),
  ];
  return { hs_note_body: fit(parts), hs_timestamp: enquiry.time };
}

export function dealProperties(order: Order, site: { pipeline: string; stage: string }): Properties {
  return {
    dealname: `Order ${order.orderId}`,
    amount: order.amount,
    deal_currency_code: order.currency,
    closedate: order.time,
    pipeline: site.pipeline,
    dealstage: site.stage,
    description: order.lines
      .map((line) => `${line.quantity} × ${line.name}${line.sku ? ` (${line.sku})` : ''}: ${line.price} ${order.currency}`)
      .join('\n')
      .slice(0, MAX_TEXT),
  };
}

/** Property names allow only a–z, 0–9 and _; two lists that would fall together are kept apart by a hash. */
export function subscriptionProperty(list: string): string {
  const plain = list.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '').slice(0, 40);
  const exact = plain === list;
  return `posthorn_list_${exact ? plain : [plain, createHash('sha256').update(list).digest('hex').slice(0, 8)].filter(Boolean).join('_')}`;
}

/** HubSpot refuses a longer text value with a validation error. */
const MAX_TEXT = 65_536;

/** The first word is the first name: wrong for some people, and easily put right by them in the CRM. */
function splitName(name: string | undefined): { firstname?: string; lastname?: string } {
  const [first, ...rest] = (name ?? '').trim().split(/\s+/);
  return { firstname: first || undefined, lastname: rest.join(' ') || undefined };
}

/** hs_language is a closed list that knows every common language without a region; the region is dropped. */
const LANGUAGES = new Set(
  'af ar bg bn ca cs da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk kn ko lt lv mk ml mr ms nl no pa pl pt ro ru sk sl sq sr sv sw ta te th tl tr uk ur uz vi zh'.split(' '),
);

function language(locale: string | undefined): string | undefined {
  const primary = locale?.split(/[-_]/)[0]?.toLowerCase();
  return primary && LANGUAGES.has(primary) ? primary : undefined;
}

function fit(parts: readonly string[]): string {
  const whole = parts.join('');
  if (whole.length <= MAX_TEXT) return whole;
  // Cut as plain text: a cut inside a tag or an entity would break the page it is shown on.
  const plain = whole.replace(/<br>|<\/(p|li)>/g, '\n').replace(/<[^>]*>/g, '').replace(/&[a-z#0-9]*;/g, ' ');
  return `<p>${plain.slice(0, MAX_TEXT - 100).replaceAll('\n', ' ')} … (shortened)</p>`;
}

function lines(text: string): string {
  return escapeHtml(text).replace(/\r\n|\r|\n/g, '<br>');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function present(values: Record<string, string | undefined>): Properties {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
