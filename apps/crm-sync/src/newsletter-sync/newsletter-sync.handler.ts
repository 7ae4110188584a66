import type { PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { SYNC_SUBSCRIPTION } from '../crm.action.js';
import type { CrmProvider } from '../crm.provider.js';
import { personKey } from '../person.key.js';
import { newsletterSubscription, type NewsletterType } from './newsletter.mapping.js';

/** The state of a subscription in the CRM. The latest wins: a late "subscribed" must not undo an "unsubscribed". */
@Delivers({
  types: ['newsletter.subscribed', 'newsletter.confirmed', 'newsletter.unsubscribed'],
  action: SYNC_SUBSCRIPTION,
  unknown: 'retry',
  latestWins: true,
})
export class NewsletterSyncHandler implements DeliveryHandler<NewsletterType, CrmProvider> {
  orderingKey({ data }: PosthornEvent<NewsletterType>): string {
    return `${personKey(data.person.email)}/${data.list}`;
  }

  async deliver(event: PosthornEvent<NewsletterType>, { provider, signal }: DeliveryCall<CrmProvider>): Promise<DeliveryResult> {
    return { ...(await provider.setSubscription(newsletterSubscription(event), { signal })), outcome: 'crm.subscription.updated' };
  }
}
