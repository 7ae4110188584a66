import type { PosthornEvent } from '@posthorn/contracts';
import type { Order } from '../crm.provider.js';

/** The order, not the event, is what exists once: a shop that reports an order twice still has one. */
export function paidOrder({ site, time, data }: PosthornEvent<'order.paid'>): Order {
  const { orderId, total, lines, person } = data;
  return { orderKey: `${site}:${orderId}`, orderId, time, person, amount: total.amount, currency: total.currency, lines };
}
