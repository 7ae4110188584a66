import type { Recorded } from '../recorded.test-kit.js';

const order = {
  id: 5601244578,
  admin_graphql_api_id: 'gid://shopify/Order/5601244578',
  name: '#9999',
  order_number: 9999,
  created_at: '2026-11-23T09:12:11-05:00',
  updated_at: '2026-11-23T09:13:02-05:00',
  processed_at: '2026-11-23T09:12:59-05:00',
  currency: 'USD',
  presentment_currency: 'USD',
  total_price: '409.94',
  current_total_price: '399.94',
  subtotal_price: '389.94',
  financial_status: 'paid',
  fulfillment_status: null,
  confirmed: true,
  contact_email: 'jon@example.com',
  email: 'jon@example.com',
  phone: null,
  customer_locale: 'en',
  test: false,
  billing_address: { first_name: 'Steve', address1: '123 Shipping Street', phone: '555-555-SHIP', city: 'Shippington', company: 'Shipping Company', country_code: 'US', name: 'Steve Shipper' },
  customer: { id: 115310627314723950, email: 'john@example.com', first_name: 'John', last_name: 'Smith', state: 'disabled', verified_email: true, phone: null, currency: 'USD' },
  line_items: [
    { id: 866550311766439000, name: 'IPod Nano - 8GB', title: 'IPod Nano - 8GB', sku: 'IPOD2008PINK', quantity: 1, price: '199.00', price_set: { shop_money: { amount: '199.00', currency_code: 'USD' } }, total_discount: '0.00' },
    { id: 141249953214522980, name: 'IPod Nano - 8GB', title: 'IPod Nano - 8GB', sku: null, quantity: 1, price: '199.00', total_discount: '5.00' },
  ],
  shipping_lines: [{ id: 271878346596884000, price: '10.00', title: 'Generic Shipping' }],
};

const customer = { id: 706405506930370000, email: 'bob@biller.com', created_at: '2026-11-23T09:12:11-05:00', updated_at: '2026-11-23T09:13:02-05:00', first_name: 'Bob', last_name: 'Biller', orders_count: 0, state: 'disabled', verified_email: false, tax_exempt: false, phone: null, currency: 'USD', addresses: [], default_address: { id: 1, company: 'Billers', phone: '555-0100', default: true } };

const topic = (name: string): Record<string, string> => ({ 'x-shopify-topic': name, 'x-shopify-shop-domain': 'acme.myshopify.com', 'x-shopify-api-version': '2026-10', 'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043', 'x-shopify-event-id': '98880550-7158-44d4-b7cd-2c97c8a091b5' });

export const SHOPIFY: Recorded[] = [
  {
    what: 'an order that was paid',
    headers: topic('orders/paid'),
    body: order,
    becomes: [
      {
        type: 'order.paid',
        time: '2026-11-23T09:12:59-05:00',
        data: {
          orderId: '#9999',
          total: { amount: '399.94', currency: 'USD' },
          lines: [
            { sku: 'IPOD2008PINK', name: 'IPod Nano - 8GB', quantity: 1, price: '199.00' },
            { name: 'IPod Nano - 8GB', quantity: 1, price: '199.00' },
          ],
          person: { email: 'jon@example.com', name: 'John Smith', phone: '555-555-SHIP', company: 'Shipping Company', locale: 'en' },
        },
      },
    ],
  },
  ...['customers/create', 'customers/update'].map((name): Recorded => ({
    what: `a customer, told by ${name}`,
    headers: topic(name),
    body: customer,
    becomes: [{ type: 'customer.updated', time: '2026-11-23T09:13:02-05:00', data: { person: { email: 'bob@biller.com', name: 'Bob Biller', phone: '555-0100', company: 'Billers' } } }],
  })),
  { what: 'an order under the topic of customers, which is not signed', headers: topic('customers/update'), body: order, becomes: [] },
];
