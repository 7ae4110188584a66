import { SCHEMES } from '@posthorn/webhooks';
import { rulesOf, type WebhookPreset } from '../webhook.preset.js';

/**
 * https://developer.woocommerce.com/docs/best-practices/urls-and-routing/webhooks/ and, for the payloads,
 * https://woocommerce.github.io/woocommerce-rest-api-docs/ (version 3).
 * X-WC-Webhook-Delivery-ID is made of the webhook's number and the second, so that two orders of one second share it,
 * and it is not signed: a repetition is known by its body. Topics are not signed either, so a rule looks at the payload.
 */
export const woocommerce: WebhookPreset = {
  scheme: SCHEMES.woocommerce,
  topic: { header: 'x-wc-webhook-topic' },
  identity: 'body',
  ignore: [],
  pingsWithForm: true,
  rules: rulesOf([
    {
      topic: ['order.created', 'order.updated'],
      // An order is updated many times; it is paid once.
      when: { '/order_key': 'present', '/status': { is: ['processing', 'completed'] } },
      type: 'order.paid',
      time: { from: '/date_paid_gmt', as: 'utc' },
      once: ['/id'],
      data: {
        '/orderId': { from: ['/number', '/id'], as: 'text' },
        '/total/amount': { from: '/total', as: 'decimal' },
        '/total/currency': '/currency',
        '/lines': {
          each: '/line_items',
          data: { '/sku': '/sku', '/name': '/name', '/quantity': { from: '/quantity', as: 'number' }, '/price': { from: '/price', as: 'decimal' } },
        },
        '/person/email': '/billing/email',
        '/person/name': { join: ['/billing/first_name', '/billing/last_name'] },
        '/person/phone': '/billing/phone',
        '/person/company': '/billing/company',
      },
    },
    {
      topic: ['customer.created', 'customer.updated'],
      when: { '/username': 'present' },
      type: 'customer.updated',
      time: { from: '/date_modified_gmt', as: 'utc' },
      data: {
        '/person/email': ['/email', '/billing/email'],
        '/person/name': { join: ['/first_name', '/last_name'] },
        '/person/phone': '/billing/phone',
        '/person/company': '/billing/company',
      },
    },
  ]),
};
