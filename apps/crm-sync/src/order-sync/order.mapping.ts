import type { PosthornEvent } from '@posthorn/contracts';
import type { Order } from '../crm.provider.js';

/** The order, not the event, is what exists once: a shop that reports an order twice still has one. */
export function paidOrder(event: PosthornEvent<'order.paid'>): Order {
  const { time, data } = event;
  const { orderId, total, lines, person } = data;
  return { orderKey: orderKey(event), orderId, time, person, amount: total.amount, currency: total.currency, lines };
}

/** Two sites may share a CRM and number their orders alike. */
export function orderKey({ site, data }: PosthornEvent<'order.paid'>): string {
  return `${site}:${data.orderId}`;
}
