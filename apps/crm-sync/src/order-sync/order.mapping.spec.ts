import { createEvent } from '@posthorn/contracts';
import { expect, it } from 'vitest';
import { paidOrder } from './order.mapping.js';

const order = (site: string) =>
  createEvent({
    site,
    type: 'order.paid',
    data: {
      orderId: 'A-17',
      total: { amount: '12.50', currency: 'EUR' },
      lines: [{ name: 'Tea', quantity: 1, price: '12.50' }],
      person: { email: 'jane@example.org' },
    },
  });

it('keeps the amount as the decimal string it came as', () => {
  expect(paidOrder(order('acme'))).toMatchObject({ orderId: 'A-17', amount: '12.50', currency: 'EUR' });
});

it('is the same order when it is reported twice, and another one at another site', () => {
  expect(paidOrder(order('acme')).orderKey).toBe(paidOrder(order('acme')).orderKey);
  expect(paidOrder(order('acme')).orderKey).not.toBe(paidOrder(order('other')).orderKey);
});
