import type { PosthornEvent } from '@posthorn/contracts';
import type { Subscription } from '../crm.provider.js';

export type NewsletterType = 'newsletter.subscribed' | 'newsletter.confirmed' | 'newsletter.unsubscribed';

/** Signing up is not yet consent: until the link in the mail was followed, the subscription is pending. */
const STATES: Record<NewsletterType, Subscription['state']> = {
  'newsletter.subscribed': 'pending',
  'newsletter.confirmed': 'subscribed',
  'newsletter.unsubscribed': 'unsubscribed',
};

export function newsletterSubscription({ type, data }: PosthornEvent<NewsletterType>): Subscription {
  return { person: data.person, list: data.list, state: STATES[type] };
}
