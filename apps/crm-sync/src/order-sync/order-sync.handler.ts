import type { PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { SYNC_PERSON } from '../crm.action.js';
import type { CrmProvider } from '../crm.provider.js';
import { personKey } from '../person.key.js';
import { paidOrder } from './order.mapping.js';

/** A paid order becomes a won deal at the person who paid it. */
@Delivers({ types: 'order.paid', action: SYNC_PERSON, unknown: 'retry' })
export class OrderSyncHandler implements DeliveryHandler<'order.paid', CrmProvider> {
  orderingKey(event: PosthornEvent<'order.paid'>): string {
    return personKey(event.data.person.email);
  }

  async deliver(event: PosthornEvent<'order.paid'>, { provider, signal }: DeliveryCall<CrmProvider>): Promise<DeliveryResult> {
    return { ...(await provider.recordOrder(paidOrder(event), { signal })), outcome: 'crm.order.recorded' };
  }
}
