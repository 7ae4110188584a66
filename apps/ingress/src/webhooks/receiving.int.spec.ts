import { randomBytes } from 'node:crypto';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { schemeOf, SCHEMES, signDelivery } from '@posthorn/webhooks';
import { Client } from 'pg';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { calBooking } from './presets/cal-com/cal-com.test-kit.js';
import { STRIPE } from './presets/stripe/stripe.test-kit.js';
import { wooOrder } from './presets/woocommerce/woocommerce.test-kit.js';

const SECRET = 'a shop secret <&> of the tests';
const NEXT_SECRET = 'the secret that follows it, later';
const WHSEC = `whsec_${randomBytes(32).toString('base64')}`;
const GENERIC = { header: 'X-Signature', prefix: 'sha256=' };

const WEBHOOKS = {
  shop: { preset: 'woocommerce', secrets: [SECRET], ignore: ['product.updated'] },
  rotating: { preset: 'woocommerce', secrets: [NEXT_SECRET, SECRET] },
  standard: { preset: 'standard-webhooks', secrets: [WHSEC] },
  stripe: { preset: 'stripe', secrets: [WHSEC] },
  cal: { preset: 'cal-com', secrets: [SECRET] },
  crm: {
    preset: 'hmac',
    secrets: [SECRET],
    signature: GENERIC,
    topic: { pointer: '/kind' },
    rules: [
      { topic: 'won', type: 'lead.submitted', data: { '/person/email': '/mail', '/message': '/note' } },
      { topic: 'won', type: 'customer.updated', data: { '/person/email': '/mail' } },
    ],
  },
};

interface Answer {
  status: number;
  body: { result?: string; events?: string[]; code?: string; detail?: string };
}

describe('POST /v1/webhooks/{source}', () => {
  let ingress: TestIngress;
  let database: Client;
  let order = 1_000;

  beforeAll(async () => {
    const [{ adminUrl, urlFor }, { servers }] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(adminUrl, servers);
    database = new Client({ connectionString: adminUrl, options: '-c search_path=ingress' });
    await database.connect();
    ingress = await startIngress({ databaseUrl: urlFor('ingress'), servers, webhooks: WEBHOOKS });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  });
  afterAll(async () => {
    await ingress.stop();
    await database.end();
  });

  const send = async (source: string, body: string | Buffer, headers: Record<string, string>): Promise<Answer> => {
    const answer = await fetch(`${ingress.url}/v1/webhooks/acme.${source}`, { method: 'POST', body: Buffer.from(body), headers: { 'content-type': 'application/json', ...headers } });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  };
  const woo = (body: object | string, { topic = 'order.updated', secret = SECRET, source = 'shop' } = {}): Promise<Answer> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return send(source, text, { ...signDelivery(SCHEMES.woocommerce, secret, Buffer.from(text), { id: randomBytes(8).toString('hex') }), 'x-wc-webhook-topic': topic });
  };
  const newOrder = (over: object = {}): typeof wooOrder => ({ ...wooOrder, id: ++order, number: String(order), ...over });
  const eventsAbout = async (source: string): Promise<{ id: string; type: string; data: Record<string, unknown>; time: string; correlationid: string }[]> => {
    const { rows } = await database.query<{ envelope: string }>(`SELECT envelope FROM ledger WHERE idempotency_key LIKE $1 ORDER BY id`, [`webhook acme.${source} %`]);
    return rows.map(({ envelope }) => JSON.parse(envelope) as never);
  };
  const asideOf = async (code: string) => (await database.query<{ state: string; type: string | null; reasons: string; draft: string }>('SELECT state, type, reasons, draft FROM quarantine WHERE code = $1', [code])).rows;

  it('answers 202 with the event when, and only when, the ledger has it', async () => {
    const { status, body } = await woo(newOrder());
    expect({ status, body }).toMatchObject({ status: 202, body: { result: 'accepted', events: [expect.any(String)] } });
    const found = (await eventsAbout('shop')).find(({ id }) => id === body.events?.[0]);
    expect(found).toMatchObject({ type: 'order.paid', source: '/sites/acme/webhooks/shop', site: 'acme', time: '2026-11-23T09:13:01.000Z', data: { orderId: String(order) } });
  });

  it('makes one event of a delivery that is replayed a hundred times, and answers each as success', async () => {
    const payload = newOrder();
    const answers = await Promise.all(Array.from({ length: 100 }, () => woo(payload)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body.events?.[0])).size).toBe(1);
    expect(answers.filter(({ body }) => body.result === 'accepted')).toHaveLength(1);
    expect((await eventsAbout('shop')).filter(({ data }) => data['orderId'] === payload.number)).toHaveLength(1);
  });

  it('makes one order.paid of an order that is made, paid, and updated again', async () => {
    const made = newOrder({ status: 'pending', date_paid_gmt: null });
    const answers = [await woo(made, { topic: 'order.created' }), await woo({ ...made, status: 'processing' }), await woo({ ...made, status: 'completed', customer_note: 'x' })];
    expect(answers.map(({ body }) => body.result)).toEqual(['passed-over', 'accepted', 'repeated']);
    expect((await eventsAbout('shop')).filter(({ data }) => data['orderId'] === made.number)).toHaveLength(1);
  });

  it('refuses what is not signed, and what is signed by somebody else, without saying what would have been right', async () => {
    const text = JSON.stringify(newOrder());
    const before = (await eventsAbout('shop')).length;
    const unsigned = await send('shop', text, { 'x-wc-webhook-topic': 'order.updated' });
    expect(unsigned).toMatchObject({ status: 401, body: { code: 'signature-missing' } });
    const forged = await woo(text, { secret: 'the secret of somebody else' });
    expect(forged).toMatchObject({ status: 401, body: { code: 'signature-invalid' } });
    const { 'x-wc-webhook-signature': right } = signDelivery(SCHEMES.woocommerce, SECRET, Buffer.from(text));
    expect(JSON.stringify(forged.body)).not.toContain(right);
    expect(await send('shop', `${text} `, { 'x-wc-webhook-signature': right! })).toMatchObject({ status: 401 });
    expect(await eventsAbout('shop')).toHaveLength(before);
  });

  it('knows only the sources of the configuration', async () => {
    expect(await send('nobody', '{}', {})).toMatchObject({ status: 404, body: { code: 'webhook-source-unknown' } });
  });

  it('refuses nothing while a secret is replaced by another', async () => {
    for (const secret of [SECRET, NEXT_SECRET]) expect(await woo(newOrder(), { secret, source: 'rotating' })).toMatchObject({ status: 202 });
  });

  it('answers 200 to the form by which WooCommerce tries an address, and to no other form', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await send('shop', 'webhook_id=4', form)).toEqual({ status: 200, body: { ping: true } });
    expect(await send('shop', 'webhook_id=4&status=completed', form)).toMatchObject({ status: 401 });
    expect(await send('stripe', 'webhook_id=4', form)).toMatchObject({ status: 401 });
  });

  it('takes what the official package of Stripe signs, and refuses it 301 seconds later', async () => {
    const payload = JSON.stringify(STRIPE[0]!.body);
    const signed = (late: number) => ({ 'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret: WHSEC, timestamp: Math.floor(Date.now() / 1_000) - late }) });
    expect(await send('stripe', payload, signed(0))).toMatchObject({ status: 202, body: { result: 'accepted' } });
    expect(await send('stripe', payload, signed(60))).toMatchObject({ status: 202, body: { result: 'repeated' } });
    expect(await send('stripe', payload, signed(302))).toMatchObject({ status: 401, body: { code: 'signature-expired' } });
  });

  it('takes what the official package of Standard Webhooks signs, once for each webhook-id', async () => {
    const payload = JSON.stringify({ type: 'lead.submitted', timestamp: new Date().toISOString(), data: { person: { email: 'jane@example.com' } } });
    const deliver = (id: string) => send('standard', payload, { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(Date.now() / 1_000)), 'webhook-signature': new Webhook(WHSEC).sign(id, new Date(), payload) });
    expect([await deliver('msg_a'), await deliver('msg_a'), await deliver('msg_b')].map(({ body }) => body.result)).toEqual(['accepted', 'repeated', 'accepted']);
    expect((await eventsAbout('standard')).map(({ type }) => type)).toEqual(['lead.submitted', 'lead.submitted']);
  });

  it('keeps an appointment the same one however often it is moved, until it is cancelled', async () => {
    const deliver = (body: object) => send('cal', JSON.stringify(body), signDelivery(SCHEMES['cal-com'], SECRET, Buffer.from(JSON.stringify(body))));
    const [a, b, c] = ['uid-of-the-first', 'uid-of-the-second', 'uid-of-the-third'];
    await deliver(calBooking('BOOKING_CREATED', { uid: a }));
    await deliver(calBooking('BOOKING_RESCHEDULED', { uid: b, rescheduleUid: a }));
    await deliver(calBooking('BOOKING_RESCHEDULED', { uid: c, rescheduleUid: b }));
    await deliver(calBooking('BOOKING_CANCELLED', { uid: c }));
    const events = await eventsAbout('cal');
    expect(events.map(({ type, data }) => [type, data['appointmentId']])).toEqual([
      ['appointment.booked', a],
      ['appointment.rescheduled', a],
      ['appointment.rescheduled', a],
      ['appointment.cancelled', a],
    ]);
  });

  it('makes the events that the rules of a configuration say, of one correlation', async () => {
    const body = JSON.stringify({ kind: 'won', mail: 'ada@example.com', note: 'Looms' });
    const { status, body: receipt } = await send('crm', body, signDelivery(schemeOf(GENERIC), SECRET, Buffer.from(body)));
    expect({ status, count: receipt.events?.length }).toEqual({ status: 202, count: 2 });
    const events = await eventsAbout('crm');
    expect(events.map(({ type }) => type)).toEqual(['lead.submitted', 'customer.updated']);
    expect(new Set(events.map(({ correlationid }) => correlationid)).size).toBe(1);
  });

  it('keeps a topic nobody knows, with all it says, once', async () => {
    const coupon = { id: 719, code: '10off', amount: '10.00' };
    for (const result of ['set-aside', 'repeated']) expect(await woo(coupon, { topic: 'coupon.created' })).toEqual({ status: 202, body: { result, events: [] } });
    expect(await woo({ id: 719 }, { topic: 'coupon.deleted' })).toMatchObject({ body: { result: 'set-aside' } });
    expect(await woo({ id: 719 }, { topic: 'product.deleted' })).toMatchObject({ body: { result: 'set-aside' } });
    expect(await woo(coupon, { topic: 'product.updated' })).toMatchObject({ body: { result: 'passed-over' } });
    const kept = await asideOf('webhook-unmapped');
    expect(kept.map(({ state, draft }) => [state, (JSON.parse(draft) as { raw: { topic: string } }).raw.topic])).toEqual([['unmapped', 'coupon.created'], ['unmapped', 'coupon.deleted'], ['unmapped', 'product.deleted']]);
    expect(JSON.parse(kept[0]!.draft)).toMatchObject({ raw: { source: 'acme.shop', payload: coupon } });
  });

  it('keeps an order that is no event of ours with every reason, and takes it when it is mended', async () => {
    const nameless = newOrder({ billing: { ...wooOrder.billing, email: '' } });
    expect(await woo(nameless)).toMatchObject({ status: 202, body: { result: 'set-aside', events: [] } });
    const [kept] = (await asideOf('validation-failed')).filter(({ draft }) => draft.includes(`"number":"${nameless.number}"`));
    expect(kept).toMatchObject({ state: 'refused', type: 'order.paid' });
    expect(kept!.reasons).toContain('/data/person/email');
    expect(await woo({ ...nameless, billing: wooOrder.billing })).toMatchObject({ body: { result: 'accepted' } });
  });

  it.each([
    ['half an object', '{"id": 1'],
    ['no JSON at all', 'id=1'],
    ['names that change prototypes', '{"id":1,"__proto__":{"status":"processing"}}'],
    ['5,000 levels', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['a NUL character', '{"id":"a\\u0000b"}'],
    ['nothing', ''],
  ])('keeps what is genuine and cannot be read: %s', async (_, body) => {
    expect(await woo(body)).toMatchObject({ status: 202, body: { result: 'set-aside' } });
    expect((await asideOf('webhook-unreadable')).some(({ draft }) => (JSON.parse(draft) as { raw: { text: string } }).raw.text === body)).toBe(true);
  });

  it('refuses a body beyond a megabyte, and takes one just below', async () => {
    const large = (bytes: number) => woo(newOrder({ customer_note: 'x'.repeat(bytes) }));
    expect(await large(1_000_000)).toMatchObject({ status: 202, body: { result: 'accepted' } });
    expect(await large(1_100_000)).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
  });

  it('counts deliveries by what became of them, and tells how long a source has been silent', async () => {
    const metrics = await (await ingress.get('/metrics')).text();
    expect(metrics).toMatch(/posthorn_ingress_webhooks_total\{source="acme.shop",result="accepted"\} \d/);
    expect(metrics).toMatch(/posthorn_ingress_webhooks_total\{source="acme.shop",result="unauthentic"\} \d/);
    expect(metrics).toMatch(/posthorn_ingress_webhook_silence_seconds\{source="acme.shop"\} \d/);
  });
});
