import { type EventData } from '@posthorn/contracts';
import { expect, it } from 'vitest';
import { eventOf, mailFor, sender } from '../mail/mail.test-kit.js';
import { ReceiptHandler } from './receipt.handler.js';

const handler = new ReceiptHandler(sender());
/** Intl puts no-break spaces around currencies. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

const order = (data: Partial<EventData<'order.paid'>> = {}): EventData<'order.paid'> => ({
  orderId: '2026-00417',
  total: { amount: '3671.30', currency: 'EUR' },
  lines: [
    { name: 'Garden house', quantity: 1, price: '3490.00' },
    { name: 'Shingles & nails', quantity: 14, price: '12.95' },
  ],
  person: { email: 'jane@example.com', name: 'Jane Roe' },
  ...data,
});

it('lists what was bought and the total that was paid', async () => {
  const { mail } = await mailFor(handler, eventOf('order.paid', order()));
  expect(mail.subject).toBe('Your receipt for order 2026-00417');
  expect(mail.text).toContain('Garden house: €3,490.00');
  expect(mail.text).toContain('14 × Shingles & nails (each €12.95): €181.30');
  expect(mail.text).toContain('Total paid: €3,671.30');
  expect(mail.html).toContain('Shingles &amp; nails');
});

it.each([
  ['de', '3.671,30 €'],
  ['de-AT', '€ 3.671,30'],
  ['en-GB', '€3,671.30'],
])('writes amounts as people in %s do', async (locale, total) => {
  const { mail } = await mailFor(handler, eventOf('order.paid', order({ person: { email: 'jane@example.com', locale } })));
  expect(plain(mail.text)).toContain(total);
});

it('loses no cent where a float would', async () => {
  const { mail } = await mailFor(handler, eventOf('order.paid', order({
    total: { amount: '999999999999.99', currency: 'USD' },
    lines: [{ name: 'Ten thousand acres', quantity: 3, price: '333333333333.33' }, { name: 'Nail', quantity: 3, price: '0.1' }, { name: 'Screw', quantity: 1, price: '1.0049' }],
  })));
  expect(mail.text).toContain('(each $333,333,333,333.33): $999,999,999,999.99');
  expect(mail.text).toContain('(each $0.10): $0.30');
  expect(mail.html).toContain('$1.00');
});

it('knows currencies without cents', async () => {
  const { mail } = await mailFor(handler, eventOf('order.paid', order({ total: { amount: '12000', currency: 'JPY' }, lines: [{ name: 'Tea', quantity: 2.5, price: '4800' }] })));
  expect(mail.text).toContain('2.5 × Tea (each ¥4,800): ¥12,000');
});
