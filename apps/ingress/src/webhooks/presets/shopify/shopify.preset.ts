import { SCHEMES } from '@posthorn/webhooks';
import { rulesOf, type WebhookPreset } from '../webhook.preset.js';

/**
 * https://shopify.dev/docs/apps/build/webhooks/subscribe/https and https://shopify.dev/docs/api/webhooks
 * Neither X-Shopify-Webhook-Id nor the topic is signed: a repetition is known by its body, and the payload has to look
 * like what the topic says.
 */
export const shopify: WebhookPreset = {
  scheme: SCHEMES.shopify,
  topic: { header: 'x-shopify-topic' },
  identity: 'body',
  ignore: [],
  rules: rulesOf([
    {
      topic: 'orders/paid',
      when: { '/financial_status': { is: ['paid'] } },
      type: 'order.paid',
      time: ['/processed_at', '/updated_at'],
      // Its number has more digits than a number of JSON can keep; this is the same as text.
      once: [['/admin_graphql_api_id', '/id']],
      data: {
        '/orderId': { from: ['/name', '/id'], as: 'text' },
        '/total/amount': { from: ['/current_total_price', '/total_price'], as: 'decimal' },
        '/total/currency': '/currency',
        '/lines': {
          each: '/line_items',
          data: { '/sku': '/sku', '/name': ['/name', '/title'], '/quantity': { from: '/quantity', as: 'number' }, '/price': { from: '/price', as: 'decimal' } },
        },
        '/person/email': ['/email', '/contact_email', '/customer/email'],
        '/person/name': { join: ['/customer/first_name', '/customer/last_name'] },
        '/person/phone': ['/phone', '/customer/phone', '/billing_address/phone'],
        '/person/company': '/billing_address/company',
        '/person/locale': { from: '/customer_locale', as: 'locale' },
      },
    },
    {
      topic: ['customers/create', 'customers/update'],
      when: { '/verified_email': 'present' },
      type: 'customer.updated',
      time: '/updated_at',
      data: {
        '/person/email': '/email',
        '/person/name': { join: ['/first_name', '/last_name'] },
        '/person/phone': ['/phone', '/default_address/phone'],
        '/person/company': '/default_address/company',
      },
    },
  ]),
};
