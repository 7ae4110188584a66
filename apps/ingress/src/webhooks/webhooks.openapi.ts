import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import type { Receipt } from './webhook.receiver.js';

const RESULTS = ['accepted', 'repeated', 'set-aside', 'passed-over'] as const;
const receipt = z.object({ result: z.enum(RESULTS), events: z.array(z.uuid()).describe('Those there are of it, in the ledger or waiting for a decision.') }) satisfies z.ZodType<Receipt>;
const SHOP = { source: 'acme.shop' };
const COUPON = '{"id":42,"code":"SPRING"}';

export const RECEIVE_WEBHOOK: Operation = {
  tag: 'Webhooks',
  summary: 'Takes a webhook of a shop, a payment service or a booking tool',
  about: "Verified over the raw bytes, by the scheme of the source's preset. What nobody maps is set aside, and answered 202 all the same.",
  path: { source: { about: '<site>.<source>, as declared.', schema: { type: 'string' } } },
  body: { 'application/json': {}, 'application/x-www-form-urlencoded': { type: 'object' } },
  bodyOptional: true,
  answers: {
    200: { about: 'It was only tried whether somebody is here.', content: { 'application/json': z.object({ ping: z.literal(true) }) } },
    202: { about: 'Everything it says is committed.', content: { 'application/json': receipt } },
  },
  problems: { 401: ['signature-expired', 'signature-invalid', 'signature-missing'], 404: ['webhook-source-unknown'], 409: ['idempotency-conflict'], 503: ['quarantine-full'] },
  examples: [
    // Signed with: the secret of the shop
    { title: 'WooCommerce, of a topic that nobody maps', path: SHOP, headers: { 'X-WC-Webhook-Topic': 'coupon.created', 'X-WC-Webhook-Signature': '5Pvdo5esAnDkhiTHWTWL+YrvgK0trzDHMVyk745fF9Y=' }, body: COUPON, status: 202, answer: { result: 'set-aside', events: [] } },
    { title: 'WooCommerce, when it is set up', path: SHOP, type: 'application/x-www-form-urlencoded', body: 'webhook_id=42', status: 200 },
    { title: 'Not signed', path: SHOP, body: COUPON, status: 401 },
  ],
};
