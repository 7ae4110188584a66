import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@posthorn/testing';
import { describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

describe('a WooCommerce shop that sends its webhooks', () => {
  const posthorn = sharedPosthorn();
  const email = 'shopper@example.com';
  const order = {
    id: 48_151, number: '48151', order_key: 'wc_order_e2e', status: 'processing', currency: 'EUR', total: '59.80', date_created_gmt: '2026-11-20T09:59:00', date_modified_gmt: '2026-11-20T10:00:00', date_paid: '2026-11-20T11:00:00', date_paid_gmt: '2026-11-20T10:00:00',
    billing: { first_name: 'Maria', last_name: 'Mayer', email, phone: '', company: '' },
    line_items: [{ name: 'Mug', sku: 'MUG-1', quantity: 2, subtotal: '59.80', total: '59.80', price: 29.9, parent_name: null }],
  };

  /** As WooCommerce does it: base64 of HMAC-SHA-256 over the body. */
  const deliver = (topic: string, delivery: string, secret = shopSecret()): Promise<Response> => {
    const body = JSON.stringify(order);
    const headers = {
      'content-type': 'application/json', 'x-wc-webhook-topic': topic, 'x-wc-webhook-delivery-id': delivery, 'x-wc-webhook-source': 'https://shop.acme.example/',
      'x-wc-webhook-signature': createHmac('sha256', secret).update(body).digest('base64'),
    };
    return fetch(`${posthorn.urls.ingress}/v1/webhooks/acme.shop`, { method: 'POST', headers, body });
  };
  const shopSecret = (): string => (JSON.parse(readFileSync(join(posthorn.address.home, 'secrets.json'), 'utf8')) as { shopWebhookSecret: string }).shopWebhookSecret;

  it('brings a paid order to the CRM and the mailbox once, however often the shop tells of it', async () => {
    const made = (await (await deliver('order.created', 'd-1')).json()) as { result: string; events: string[] };
    expect(made).toMatchObject({ result: 'accepted', events: [expect.any(String)] });
    await posthorn.outcomesOf(made.events[0] ?? '', 2);
    for (const again of ['d-2', 'd-3']) expect(await (await deliver('order.updated', again)).json()).toMatchObject({ result: 'repeated' });
    expect((await posthorn.mailsTo(email)).length).toBe(1);
    await waitFor(async () => (await posthorn.records('hubspot')).contacts.some(({ properties }) => properties['email'] === email), { describe: 'the contact in the CRM' });
  });

  it('is not believed with another secret', async () => {
    expect((await deliver('order.created', 'd-4', 'somebody else, but also long enough')).status).toBe(401);
  });
});
