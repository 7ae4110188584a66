import { RetryableError } from '@posthorn/resilience';
import type { Erased, Traces } from '../../crm.provider.js';
import type { HubSpotClient, Properties } from './hubspot.client.js';
import { contactId } from './hubspot.mapping.js';
import { DEAL, NOTE } from './hubspot.marks.js';

/** HubSpot takes so many records in one call. */
const BATCH = 100;
/** HubSpot's lasting deletion is for contacts alone: of the rest, nothing personal may lie in the recycling bin. */
const EMPTIED: Record<'notes' | 'deals', Properties> = { notes: { hs_note_body: 'Erased' }, deals: { dealname: 'Erased', description: '' } };

/** Makes HubSpot forget. What others have attached to a contact, HubSpot deletes with it. */
export class HubSpotEraser {
  constructor(private readonly client: HubSpotClient) {}

  async erase({ emails, enquiries, orders }: Traces, signal: AbortSignal): Promise<Erased> {
    const notes = await this.eraseMarked(NOTE, enquiries, signal);
    const deals = await this.eraseMarked(DEAL, orders, signal);
    // Last: a repeat after half of it finds the rest by our own marks, not by the contact.
    const contacts = await this.eraseContacts([...new Set(emails.map(contactId))], signal);
    return { contacts, enquiries: notes, orders: deals };
  }

  private async eraseMarked({ object, mark }: typeof NOTE | typeof DEAL, values: readonly string[], signal: AbortSignal): Promise<number> {
    // Without the property nothing was ever recorded, and HubSpot would refuse to look.
    if (values.length === 0 || (await this.client.property(object, mark, signal)) === undefined) return 0;
    return this.each(values, async (some) => {
      const ids = await this.client.find(object, mark, some, signal);
      if (ids.length === 0) return 0;
      await this.client.update(object, ids, EMPTIED[object], signal);
      await this.client.archive(object, ids, signal);
      return gone(ids, await this.client.find(object, mark, some, signal));
    });
  }

  private eraseContacts(emails: readonly string[], signal: AbortSignal): Promise<number> {
    return this.each(emails, async (some) => {
      const ids = await this.client.find('contacts', 'email', some, signal);
      for (const id of ids) await this.client.eraseContact(id, signal);
      return ids.length === 0 ? 0 : gone(ids, await this.client.find('contacts', 'email', some, signal));
    });
  }

  private async each(values: readonly string[], erase: (some: readonly string[]) => Promise<number>): Promise<number> {
    let erased = 0;
    for (let from = 0; from < values.length; from += BATCH) erased += await erase(values.slice(from, from + BATCH));
    return erased;
  }
}

function gone(ids: readonly string[], left: readonly string[]): number {
  if (left.length === 0) return ids.length;
  throw new RetryableError('CRM_NOT_ERASED', `HubSpot has accepted the deletion and still shows ${left.length} of ${ids.length} records`);
}
