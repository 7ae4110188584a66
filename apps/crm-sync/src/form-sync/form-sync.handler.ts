import type { PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { PermanentError } from '@posthorn/resilience';
import { SYNC_PERSON } from '../crm.action.js';
import type { CrmProvider } from '../crm.provider.js';
import { personKey } from '../person.key.js';
import { formEnquiry } from './form.mapping.js';

/** Any other form becomes a note at the person who sent it; a form without a person has no place in a CRM. */
@Delivers({ types: 'form.submitted', action: SYNC_PERSON, unknown: 'retry' })
export class FormSyncHandler implements DeliveryHandler<'form.submitted', CrmProvider> {
  orderingKey(event: PosthornEvent<'form.submitted'>): string {
    return event.data.person ? personKey(event.data.person.email) : event.id;
  }

  skip(event: PosthornEvent<'form.submitted'>): string | undefined {
    return event.data.person ? undefined : 'the form names no person';
  }

  async deliver(event: PosthornEvent<'form.submitted'>, { provider, signal }: DeliveryCall<CrmProvider>): Promise<DeliveryResult> {
    const { person } = event.data;
    if (!person) throw new PermanentError('FORM_WITHOUT_PERSON', 'The form names no person');
    return { ...(await provider.recordEnquiry(formEnquiry(event, person), { signal })), outcome: 'crm.enquiry.recorded' };
  }
}
