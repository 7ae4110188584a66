import { createEvent } from '@posthorn/contracts';
import { expect, it } from 'vitest';
import { NewsletterSyncHandler } from './newsletter-sync.handler.js';
import { newsletterSubscription, type NewsletterType } from './newsletter.mapping.js';

const event = (type: NewsletterType, list = 'news') =>
  createEvent({ site: 'acme', type, data: { person: { email: 'jane@example.org' }, list } });

it.each([
  ['newsletter.subscribed', 'pending'],
  ['newsletter.confirmed', 'subscribed'],
  ['newsletter.unsubscribed', 'unsubscribed'],
] as const)('%s leaves the subscription %s', (type, state) => {
  expect(newsletterSubscription(event(type))).toEqual({ person: { email: 'jane@example.org' }, list: 'news', state });
});

it('orders per person and list, over all three kinds', () => {
  const handler = new NewsletterSyncHandler();
  expect(handler.orderingKey(event('newsletter.subscribed'))).toBe(handler.orderingKey(event('newsletter.unsubscribed')));
  expect(handler.orderingKey(event('newsletter.subscribed'))).not.toBe(handler.orderingKey(event('newsletter.subscribed', 'offers')));
});
