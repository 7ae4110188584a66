import type { PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { SYNC_PERSON } from '../crm.action.js';
import type { CrmProvider } from '../crm.provider.js';
import { personKey } from '../person.key.js';
import { leadEnquiry } from './lead.mapping.js';

/** A lead becomes the person in the CRM and a note of what they asked. */
@Delivers({ types: 'lead.submitted', action: SYNC_PERSON, unknown: 'retry' })
export class LeadSyncHandler implements DeliveryHandler<'lead.submitted', CrmProvider> {
  orderingKey(event: PosthornEvent<'lead.submitted'>): string {
    return personKey(event.data.person.email);
  }

  async deliver(event: PosthornEvent<'lead.submitted'>, { provider, signal }: DeliveryCall<CrmProvider>): Promise<DeliveryResult> {
    return { ...(await provider.recordEnquiry(leadEnquiry(event), { signal })), outcome: 'crm.enquiry.recorded' };
  }
}
