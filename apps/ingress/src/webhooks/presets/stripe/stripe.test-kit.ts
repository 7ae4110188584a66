import type { Recorded } from '../recorded.test-kit.js';

const eventOf = (type: string, object: object): Record<string, unknown> => ({ id: 'evt_1PVwcnR8QWoDuPnP0eRk39Wn', object: 'event', api_version: '2026-09-30.basil', created: 1795425181, data: { object }, livemode: false, pending_webhooks: 1, request: { id: null, idempotency_key: null }, type });

const session = {
  id: 'cs_test_a1uS9U7mL0zDhvwzkx6k7YhmITcD9dQUVp1gkQsMSE4',
  object: 'checkout.session',
  amount_subtotal: 10000,
  amount_total: 10000,
  client_reference_id: null,
  created: 1795425120,
  currency: 'usd',
  customer: null,
  customer_details: { address: { city: null, country: 'DE', line1: null, line2: null, postal_code: null, state: null }, email: 'ada@example.com', name: 'Ada Lovelace', phone: null, tax_exempt: 'none', tax_ids: [] },
  customer_email: null,
  locale: 'auto',
  metadata: {},
  mode: 'payment',
  payment_intent: 'pi_3PVwclR8QWoDuPnP1xZ0hXyz',
  payment_status: 'paid',
  status: 'complete',
};

const intent = { id: 'pi_3PVwclR8QWoDuPnP1xZ0hXyz', object: 'payment_intent', amount: 1500, amount_received: 1500, currency: 'jpy', description: 'Order 1042', latest_charge: 'ch_3P', metadata: { order_id: '1042' }, receipt_email: 'ada@example.com', shipping: { name: 'Ada Lovelace', phone: '+81 3 1234 5678', address: { country: 'JP' } }, status: 'succeeded' };

export const STRIPE: Recorded[] = [
  {
    what: 'a checkout that was paid',
    body: eventOf('checkout.session.completed', session),
    becomes: [
      {
        type: 'order.paid',
        time: '2026-11-23T09:13:01.000Z',
        data: { orderId: 'pi_3PVwclR8QWoDuPnP1xZ0hXyz', total: { amount: '100.00', currency: 'USD' }, lines: [{ name: 'Payment', quantity: 1, price: '100.00' }], person: { email: 'ada@example.com', name: 'Ada Lovelace' } },
      },
    ],
  },
  { what: 'a checkout that is yet to be paid by bank transfer', body: eventOf('checkout.session.completed', { ...session, payment_status: 'unpaid' }), becomes: [] },
  {
    what: 'a payment in a currency without decimals',
    body: eventOf('payment_intent.succeeded', intent),
    becomes: [
      {
        type: 'order.paid',
        time: '2026-11-23T09:13:01.000Z',
        data: { orderId: '1042', total: { amount: '1500', currency: 'JPY' }, lines: [{ name: 'Order 1042', quantity: 1, price: '1500' }], person: { email: 'ada@example.com', name: 'Ada Lovelace', phone: '+81 3 1234 5678' } },
      },
    ],
  },
];
