import { EXAMPLES, type EventType, jsonSchemaOf, OWN_EVENT_TYPES, PERSONAL_KEYWORD, takenVersions, WEBSITE_EVENT_TYPES } from '@posthorn/contracts';

/** What a type means, for people; what it holds is read from the contract. */
const MEANING: Record<EventType, string> = {
  'lead.submitted': 'Somebody asked something: a contact form, a request for an offer.',
  'newsletter.subscribed': 'Somebody entered an address for a newsletter. Nobody has agreed to anything yet: the email service asks that address first.',
  'newsletter.confirmed': 'The person confirmed. Ingress accepts this event itself when the link in the mail is followed; a website with a double opt-in of its own may send it.',
  'newsletter.unsubscribed': 'The person wants no more newsletters. Ingress accepts it itself when the link or the mail program\'s button is used.',
  'appointment.booked': 'A time was booked.',
  'appointment.rescheduled': 'It has a new time. The event carries the whole appointment as it is now, under the same `appointmentId`.',
  'appointment.cancelled': 'It does not take place.',
  'order.paid': 'An order was paid. Prices are of one unit, in the currency of the total.',
  'customer.updated': 'What is known of a person changed. With `previousEmail`, the address changed too, and the person stays the same.',
  'form.submitted': 'Any other form. Nobody knows what its fields hold, so all of them count as personal.',
  'privacy.confirmation_requested': 'Somebody asks to be forgotten where anybody can type any address. The address is asked first, by mail; once the link in it is followed, the erasure is requested.',
  'privacy.erasure_requested': 'The events that are to be forgotten, by type. Every service erases them; it names no person, so that it can be kept as a proof.',
  'privacy.transport_erased': 'The messages of an erasure\'s events are overwritten in NATS.',
  'quarantine.released': 'An operator let in what had been set aside.',
  'quarantine.discarded': 'What had been set aside was emptied: an operator said so, nobody decided in time, or it was about somebody who is to be forgotten.',
  'access.key_created': 'An operator made a key ([how](../how-to/make-and-rotate-keys.md)).',
  'access.key_rotated': 'A key has a new secret. The earlier one counts for a while yet, so that nobody is refused.',
  'access.key_revoked': 'A key counts no more.',
};

const KINDS: Record<string, string> = {
  timeZone: 'IANA time zone, such as `Europe/Berlin`',
  currency: 'ISO 4217 code, such as `EUR`',
  amount: 'decimal string, such as `12.50`',
  price: 'decimal string, such as `12.50`',
  locale: 'language tag, such as `de-AT`',
  events: 'ids of events by their type',
  fields: 'up to you: texts, numbers, booleans, lists of texts',
};

interface Schema {
  type?: string;
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: string[];
  items?: Schema;
  maxLength?: number;
  maxItems?: number;
  [PERSONAL_KEYWORD]?: boolean;
}

/** docs/reference/events.md, made from the contract. */
export function eventsPage(): string {
  return `# Events

<!-- Made from libs/contracts. After a change there: npx vitest run tools/src/docs --update -->

What a website can report: these ten types. Send one with [\`POST /v1/events\`](http-api.md#post-v1events) as \`{"type": …, "data": …}\`; \`data\` is what this page describes.

Where a type says that it has a version, the one before is taken as well, and what comes in so is kept as of the current one. \`dataschema\` can state it (\`https://posthorn.dev/schemas/<type>/1\`); without it data is of whichever version it is valid in.

Fields that are not listed are refused. A dot leads into an object, \`[]\` into a list. Fields marked *personal* are kept out of logs, subjects, metrics and addresses: see [personal data](../explanation/personal-data.md). Ids, list and form names count as not personal, so put no names into them.

The same as JSON Schema, one file a type, and as an AsyncAPI 3 document: [\`libs/contracts/generated\`](../../libs/contracts/generated).

${listOf(WEBSITE_EVENT_TYPES)}
${WEBSITE_EVENT_TYPES.map(section).join('')}
## What Posthorn says itself

Nobody may submit these; ingress accepts them itself when a person is to be forgotten, and when an operator has ordered something. What an operator ordered is for the audit log alone. What is of no website has the site \`posthorn\`.

${listOf(OWN_EVENT_TYPES)}
${OWN_EVENT_TYPES.map(section).join('')}`;
}

function listOf(types: readonly EventType[]): string {
  return types.map((type) => `- [\`${type}\`](#${type.replaceAll('.', '')})`).join('\n');
}

function section(type: EventType): string {
  return `
## ${type}

${MEANING[type]}${versions(type)}

| field | is | |
|---|---|---|
${rows(jsonSchemaOf(type), '').join('\n')}

\`\`\`json
${JSON.stringify({ type, data: EXAMPLES[type] }, undefined, 2)}
\`\`\`
`;
}

function versions(type: EventType): string {
  const [current, before] = takenVersions(type);
  return before === undefined ? '' : `\n\nVersion ${current?.version}; version ${before.version} is taken as well: [its schema](../../libs/contracts/published/${type}.${before.version}.json).`;
}

function rows({ properties = {}, required = [] }: Schema, path: string): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const isPersonal = schema[PERSONAL_KEYWORD] === true;
    const notes = [required.includes(name) ? 'required' : undefined, isPersonal ? 'personal' : undefined];
    const row = `| \`${path}${name}\` | ${kindOf(name, schema)} | ${notes.filter((note) => note !== undefined).join(', ')} |`;
    const below = schema.items ?? schema;
    return [row, ...rows(below, `${path}${name}${schema.items === undefined ? '' : '[]'}.`)];
  });
}

function kindOf(name: string, schema: Schema): string {
  const known = KINDS[name];
  if (known !== undefined) return known;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(' or ');
  if (schema.type === 'array') return `list${schema.items?.type === 'string' ? ' of texts' : ''}, at most ${schema.maxItems ?? 'any'}`;
  if (schema.format === 'email') return 'e-mail address';
  if (schema.format === 'date-time') return 'time with offset, such as `2026-03-30T10:00:00+02:00`';
  if (schema.type === 'string') return `text, at most ${(schema.maxLength ?? 0).toLocaleString('en')} characters`;
  return schema.type ?? 'value';
}
