import type { PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { SYNC_PERSON } from '../crm.action.js';
import type { CrmProvider } from '../crm.provider.js';
import { personKey } from '../person.key.js';

/** A customer's new data, also their new e-mail address, reach the person the CRM already has. */
@Delivers({ types: 'customer.updated', action: SYNC_PERSON, unknown: 'retry' })
export class CustomerSyncHandler implements DeliveryHandler<'customer.updated', CrmProvider> {
  // Ordered behind what was sent about the old address, which must exist before it can change.
  orderingKey({ data }: PosthornEvent<'customer.updated'>): string {
    return personKey(data.previousEmail ?? data.person.email);
  }

  async deliver({ data }: PosthornEvent<'customer.updated'>, { provider, signal }: DeliveryCall<CrmProvider>): Promise<DeliveryResult> {
    return { ...(await provider.upsertPerson(data, { signal })), outcome: 'crm.contact.synced' };
  }
}
