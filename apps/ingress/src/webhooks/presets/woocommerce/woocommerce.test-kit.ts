import type { Recorded } from '../recorded.test-kit.js';

const billing = { first_name: 'Ada', last_name: 'Lovelace', company: '', address_1: 'St James Square 12', address_2: '', city: 'London', state: '', postcode: 'SW1Y 4JH', country: 'GB', email: 'ada@example.com', phone: '+44 20 7946 0018' };

/** As version 3 of the REST API writes an order. */
export const wooOrder = {
  id: 727,
  parent_id: 0,
  status: 'processing',
  currency: 'EUR',
  version: '10.3.4',
  prices_include_tax: false,
  date_created: '2026-11-23T10:12:11',
  date_modified: '2026-11-23T10:13:02',
  discount_total: '0.00',
  discount_tax: '0.00',
  shipping_total: '4.90',
  shipping_tax: '0.00',
  cart_tax: '0.00',
  total: '59.80',
  total_tax: '0.00',
  customer_id: 26,
  order_key: 'wc_order_58d2d042d1d',
  billing,
  shipping: { first_name: 'Ada', last_name: 'Lovelace', company: '', address_1: 'St James Square 12', city: 'London', postcode: 'SW1Y 4JH', country: 'GB', phone: '' },
  payment_method: 'stripe',
  payment_method_title: 'Card',
  transaction_id: 'pi_3P',
  customer_note: '',
  date_completed: null,
  date_paid: '2026-11-23T10:13:01',
  cart_hash: '',
  number: '727',
  meta_data: [{ id: 13106, key: '_download_permissions_granted', value: 'yes' }],
  line_items: [
    { id: 315, name: 'Woo Single #1', product_id: 93, variation_id: 0, quantity: 2, tax_class: '', subtotal: '25.00', total: '25.00', total_tax: '0.00', taxes: [], meta_data: [], sku: 'WOO-1', price: 12.5, image: { id: '', src: '' }, parent_name: null },
    { id: 316, name: 'Ship Your Idea &ndash; Color: Black', product_id: 22, variation_id: 23, quantity: 1, subtotal: '29.90', total: '29.90', total_tax: '0.00', taxes: [], meta_data: [], sku: '', price: 29.898305084745765, parent_name: 'Ship Your Idea' },
  ],
  tax_lines: [],
  shipping_lines: [],
  fee_lines: [],
  coupon_lines: [],
  refunds: [],
  needs_payment: false,
  date_created_gmt: '2026-11-23T09:12:11',
  date_modified_gmt: '2026-11-23T09:13:02',
  date_completed_gmt: null,
  date_paid_gmt: '2026-11-23T09:13:01',
  currency_symbol: '€',
};

const customer = {
  id: 26,
  date_created: '2026-11-23T10:00:00',
  date_created_gmt: '2026-11-23T09:00:00',
  date_modified: '2026-11-23T10:05:00',
  date_modified_gmt: '2026-11-23T09:05:00',
  email: 'ada@example.com',
  first_name: 'Ada',
  last_name: 'Lovelace',
  role: 'customer',
  username: 'ada.lovelace',
  billing: { ...billing, company: 'Analytical Engines' },
  is_paying_customer: false,
  avatar_url: 'https://secure.gravatar.com/avatar/8eb1b522f60d11fa897de1dc6351b7e8?s=96',
  meta_data: [],
};

const topic = (name: string): Record<string, string> => ({ 'x-wc-webhook-topic': name, 'x-wc-webhook-resource': name.split('.')[0]!, 'x-wc-webhook-event': name.split('.')[1]!, 'x-wc-webhook-id': '4', 'x-wc-webhook-delivery-id': '36e520ebabc2fa725092ff4a47acedf2', 'x-wc-webhook-source': 'https://shop.example/' });

const paid: Recorded['becomes'] = [
  {
    type: 'order.paid',
    time: '2026-11-23T09:13:01.000Z',
    data: {
      orderId: '727',
      total: { amount: '59.80', currency: 'EUR' },
      lines: [
        { sku: 'WOO-1', name: 'Woo Single #1', quantity: 2, price: '12.50' },
        { name: 'Ship Your Idea &ndash; Color: Black', quantity: 1, price: '29.8983' },
      ],
      person: { email: 'ada@example.com', name: 'Ada Lovelace', phone: '+44 20 7946 0018' },
    },
  },
];

export const WOOCOMMERCE: Recorded[] = [
  { what: 'an order that is paid when it is made', headers: topic('order.created'), body: wooOrder, becomes: paid },
  { what: 'an order that is paid later', headers: topic('order.updated'), body: { ...wooOrder, status: 'completed' }, becomes: paid },
  { what: 'an order that is not paid', headers: topic('order.created'), body: { ...wooOrder, status: 'pending', date_paid: null, date_paid_gmt: null }, becomes: [] },
  { what: 'an order that was paid and is refunded', headers: topic('order.updated'), body: { ...wooOrder, status: 'refunded' }, becomes: [] },
  {
    what: 'a customer',
    headers: topic('customer.updated'),
    body: customer,
    becomes: [{ type: 'customer.updated', time: '2026-11-23T09:05:00.000Z', data: { person: { email: 'ada@example.com', name: 'Ada Lovelace', phone: '+44 20 7946 0018', company: 'Analytical Engines' } } }],
  },
  { what: 'an order under the topic of customers, which is not signed', headers: topic('customer.updated'), body: wooOrder, becomes: [] },
];
