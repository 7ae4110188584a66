import type { CalendarEntry, Contact, Evidence } from './evidence.js';

interface CrmObject {
  properties: Record<string, string | null>;
}

interface MailBrief {
  to: string[];
  messageId?: string;
}

type ProviderEvidence = Pick<Evidence, 'notes' | 'deals' | 'contacts' | 'mails' | 'calendar'>;

/** Reads what the simulated providers hold, over HTTP. */
export class ProviderWitness {
  private readonly mails = new Map<string, number>();
  private mailsSeen = 0;

  constructor(private readonly sandboxUrl: string) {}

  async collect(): Promise<ProviderEvidence> {
    await this.countMails();
    const crm = await this.get<{ contacts: CrmObject[]; notes: CrmObject[]; deals: CrmObject[] }>('hubspot');
    const { resources } = await this.get<{ resources: { ics: string }[] }>('calendar');
    return {
      notes: countBy(crm.notes, ({ properties }) => properties['posthorn_event_id']),
      // Ours are called <site>:<order id>.
      deals: countBy(crm.deals, ({ properties }) => properties['posthorn_order_id']?.split(':').at(-1)),
      contacts: contactsByAddress(crm.contacts),
      mails: this.mails,
      calendar: entriesByPerson(resources.map(({ ics }) => ics)),
    };
  }

  private async countMails(): Promise<void> {
    const { messages } = await this.get<{ messages: MailBrief[] }>(`mail/list?after=${this.mailsSeen}`);
    this.mailsSeen += messages.length;
    for (const { messageId } of messages) {
      // <event id>.<action>@<domain>
      const name = /^<?([^@>]+)@/.exec(messageId ?? '')?.[1] ?? 'without a name';
      this.mails.set(name, (this.mails.get(name) ?? 0) + 1);
    }
  }

  private async get<T>(what: string): Promise<T> {
    const response = await fetch(`${this.sandboxUrl}/sandbox/records/${what}`);
    if (!response.ok) throw new Error(`The sandbox answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string | null | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const key = keyOf(item) ?? 'without a mark';
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function contactsByAddress(objects: readonly CrmObject[]): Map<string, Contact> {
  const contacts = new Map<string, Contact>();
  for (const { properties } of objects) {
    const address = properties['email'] ?? '';
    contacts.set(address, { count: (contacts.get(address)?.count ?? 0) + 1, properties });
  }
  return contacts;
}

/** The person stands in the entry's text; their address is theirs alone. */
export function entriesByPerson(calendarObjects: readonly string[]): Map<string, CalendarEntry[]> {
  const entries = new Map<string, CalendarEntry[]>();
  for (const ics of calendarObjects) {
    // RFC 5545: a long line goes on behind a line break and a space.
    const text = ics.replace(/\r?\n[ \t]/g, '');
    const person = /[^\s,;:\\]+@drill\.example/.exec(text.replaceAll('\\n', ' '))?.[0] ?? 'nobody';
    const field = (name: string): string => new RegExp(`^${name}(?:;[^:\\r\\n]*)?:(.*)$`, 'im').exec(text)?.[1]?.trim() ?? '';
    const entry = { eventId: field('X-POSTHORN-EVENT'), start: field('DTSTART') };
    entries.set(person, [...(entries.get(person) ?? []), entry]);
  }
  return entries;
}
