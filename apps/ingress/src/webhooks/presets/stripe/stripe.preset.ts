import { SCHEMES } from '@posthorn/webhooks';
import type { WrittenRule } from '../../mapping/mapping.schema.js';
import { rulesOf, type WebhookPreset } from '../webhook.preset.js';

const object = '/data/object';

/** What a payment has no basket for is one line of the whole. */
const payment = (amount: string): WrittenRule['data'] => ({
  '/total/amount': { from: amount, as: 'minor-units', currency: `${object}/currency` },
  '/total/currency': { from: `${object}/currency`, as: 'upper' },
  '/lines/0/name': { from: `${object}/description`, default: 'Payment' },
  '/lines/0/quantity': { value: 1 },
  '/lines/0/price': { from: amount, as: 'minor-units', currency: `${object}/currency` },
});

/**
 * https://docs.stripe.com/webhooks/signature and https://docs.stripe.com/api/events
 * A payment through Checkout is told twice, as a session and as a payment intent: the intent's id makes one event of
 * both. What is repeated has the id of the event, while other parts of the body may differ.
 */
export const stripe: WebhookPreset = {
  scheme: SCHEMES.stripe,
  topic: { pointer: '/type' },
  identity: { pointer: '/id' },
  ignore: [],
  rules: rulesOf([
    {
      topic: ['checkout.session.completed', 'checkout.session.async_payment_succeeded'],
      // A bank transfer completes the session before it is paid; the second topic tells when it is.
      when: { [`${object}/payment_status`]: { is: ['paid'] } },
      type: 'order.paid',
      time: { from: '/created', as: 'unix-time' },
      once: [[`${object}/payment_intent`, `${object}/id`]],
      data: {
        '/orderId': [`${object}/client_reference_id`, `${object}/metadata/order_id`, `${object}/payment_intent`, `${object}/id`],
        ...payment(`${object}/amount_total`),
        '/person/email': [`${object}/customer_details/email`, `${object}/customer_email`],
        '/person/name': `${object}/customer_details/name`,
        '/person/phone': `${object}/customer_details/phone`,
        '/person/locale': { from: `${object}/locale`, as: 'locale' },
      },
    },
    {
      topic: 'payment_intent.succeeded',
      type: 'order.paid',
      time: { from: '/created', as: 'unix-time' },
      once: [`${object}/id`],
      data: {
        '/orderId': [`${object}/metadata/order_id`, `${object}/id`],
        ...payment(`${object}/amount_received`),
        '/person/email': [`${object}/receipt_email`, `${object}/metadata/email`],
        '/person/name': `${object}/shipping/name`,
        '/person/phone': `${object}/shipping/phone`,
      },
    },
  ]),
};
