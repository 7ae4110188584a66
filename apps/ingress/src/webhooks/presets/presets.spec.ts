import { EVENTS } from '@posthorn/contracts';
import { describe, expect, it } from 'vitest';
import { readDelivery } from '../delivery.reader.js';
import { mapDelivery } from '../mapping/delivery.mapper.js';
import { valueAt, writeAt } from '../mapping/json.places.js';
import { CAL_COM } from './cal-com/cal-com.test-kit.js';
import { CALENDLY } from './calendly/calendly.test-kit.js';
import { type PresetName, PRESETS } from './preset.catalogue.js';
import type { Recorded } from './recorded.test-kit.js';
import { SHOPIFY } from './shopify/shopify.test-kit.js';
import { STANDARD_WEBHOOKS } from './standard-webhooks/standard-webhooks.test-kit.js';
import { STRIPE } from './stripe/stripe.test-kit.js';
import { WOOCOMMERCE } from './woocommerce/woocommerce.test-kit.js';

const RECORDED: Record<PresetName, Recorded[]> = { 'standard-webhooks': STANDARD_WEBHOOKS, woocommerce: WOOCOMMERCE, shopify: SHOPIFY, stripe: STRIPE, 'cal-com': CAL_COM, calendly: CALENDLY };

const cases = Object.entries(RECORDED).flatMap(([name, all]) => all.map((recorded) => [name as PresetName, recorded.what, recorded] as const));

const read = (name: PresetName, { headers = {}, body }: Pick<Recorded, 'headers' | 'body'>) => readDelivery(PRESETS[name], { headers, body: Buffer.from(JSON.stringify(body)) });

function eventsOf(name: PresetName, recorded: Recorded) {
  const { topic, payload } = read(name, recorded);
  const mapping = mapDelivery(PRESETS[name].rules, topic, payload);
  if (!mapping.known) throw new Error(`Nobody knows the topic ${topic}`);
  return mapping.events.map(({ rule, data, time, issues, onceFor }) => {
    // What the first id is, is asked of the database; of a first change it is the id that it follows.
    if (rule.lineage !== undefined) writeAt(data, rule.lineage.to, valueAt(payload, rule.lineage.follows ?? rule.lineage.id));
    return { type: rule.type, time, data, issues, onceFor };
  });
}

describe('the presets', () => {
  it.each(cases)('%s: %s', (name, _, recorded) => {
    const events = eventsOf(name, recorded);
    expect(events.map(({ type, time, data }) => ({ type, time, data }))).toEqual(recorded.becomes);
    for (const { type, data, issues } of events) {
      expect(issues).toEqual([]);
      expect(EVENTS[type].safeParse(data).error?.issues ?? []).toEqual([]);
    }
  });

  it('make one payment of an order that is paid when it is made and updated later', () => {
    const [created, updated] = WOOCOMMERCE;
    expect(eventsOf('woocommerce', created!)[0]!.onceFor).toEqual([727]);
    expect(eventsOf('woocommerce', updated!)[0]!.onceFor).toEqual([727]);
  });

  it('make one payment of a checkout and its payment intent', () => {
    expect(eventsOf('stripe', STRIPE[0]!)[0]!.onceFor).toEqual(eventsOf('stripe', STRIPE[2]!)[0]!.onceFor);
  });

  it('know a repetition by what is signed: two orders of one second share a delivery id at WooCommerce, and Stripe counts down within the body', () => {
    const [order, other] = WOOCOMMERCE;
    expect(order!.headers!['x-wc-webhook-delivery-id']).toBe(other!.headers!['x-wc-webhook-delivery-id']);
    expect(read('woocommerce', order!).identity).not.toBe(read('woocommerce', other!).identity);
    const again = { body: { ...(STRIPE[0]!.body as object), pending_webhooks: 0 } };
    expect(read('stripe', again).identity).toBe(read('stripe', STRIPE[0]!).identity);
  });
});
