import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { type SignedDelivery, signDelivery, verifyDelivery } from './delivery.verifier.js';
import { SCHEMES, schemeOf, type SignatureScheme, type VendorName } from './signature.scheme.js';
import { secretFault } from './signing.secret.js';

const NOW = Date.UTC(2026, 10, 23, 9);
const SECONDS = NOW / 1_000;
const BODY = Buffer.from('{"id":4711,"name":"Jürgen \\u00e9","url":"https:\\/\\/shop.example\\/"}');
const WHSEC = `whsec_${randomBytes(32).toString('base64')}`;
const OTHER = `whsec_${randomBytes(32).toString('base64')}`;

const VENDORS = Object.entries(SCHEMES) as [VendorName, SignatureScheme][];
const timed = VENDORS.filter(([, { signed }]) => signed.includes('timestamp'));
const sent = (scheme: SignatureScheme, secret = WHSEC, seconds = SECONDS): SignedDelivery => ({ headers: signDelivery(scheme, secret, BODY, { id: 'msg_1', seconds }), body: BODY });
const verdictOf = (scheme: SignatureScheme, delivery: SignedDelivery, secrets = [WHSEC], now = NOW) => verifyDelivery(scheme, delivery, { secrets, now });

describe('verifyDelivery', () => {
  it('takes what the official package of Standard Webhooks signs, and tells its id', () => {
    const signature = new Webhook(WHSEC).sign('msg_27UH4WbU6Z5A5EzD8u03UvzRbpk', new Date(NOW), BODY.toString());
    const headers = { 'webhook-id': 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk', 'webhook-timestamp': String(SECONDS), 'webhook-signature': `v1a,ignored v1,AAAA ${signature}` };
    expect(verdictOf(SCHEMES['standard-webhooks'], { headers, body: BODY })).toEqual({ genuine: true, deliveryId: 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk' });
  });

  it('takes what the official package of Stripe signs', () => {
    const header = Stripe.webhooks.generateTestHeaderString({ payload: BODY.toString(), secret: WHSEC, timestamp: SECONDS, scheme: 'v1', signature: '', cryptoProvider: undefined });
    expect(verdictOf(SCHEMES.stripe, { headers: { 'stripe-signature': header }, body: BODY })).toMatchObject({ genuine: true });
    expect(verdictOf(SCHEMES.stripe, { headers: { 'stripe-signature': `${header},v0=test` }, body: BODY })).toMatchObject({ genuine: true });
  });

  it.each([
    ['woocommerce', 'base64'],
    ['shopify', 'base64'],
    ['cal-com', 'hex'],
  ] as const)('takes the digest of the body that %s sends, in %s', (vendor, encoding) => {
    const headers = { [SCHEMES[vendor].header]: createHmac('sha256', WHSEC).update(BODY).digest(encoding) };
    expect(verdictOf(SCHEMES[vendor], { headers, body: BODY })).toMatchObject({ genuine: true });
  });

  it('takes the time and the body that calendly signs', () => {
    const v1 = createHmac('sha256', WHSEC).update(`${SECONDS}.${BODY.toString()}`).digest('hex');
    expect(verdictOf(SCHEMES.calendly, { headers: { 'calendly-webhook-signature': `t=${SECONDS},v1=${v1}` }, body: BODY })).toMatchObject({ genuine: true });
  });

  it('takes what a scheme by settings signs', () => {
    const scheme = schemeOf({ header: 'X-Hub-Signature-256', prefix: 'sha256=', idHeader: 'X-GitHub-Delivery' });
    const headers = { 'x-hub-signature-256': `sha256=${createHmac('sha256', WHSEC).update(BODY).digest('hex')}`, 'x-github-delivery': '72d3162e' };
    expect(verdictOf(scheme, { headers, body: BODY })).toEqual({ genuine: true, deliveryId: '72d3162e' });
    expect(verdictOf(scheme, { headers: { ...headers, 'x-hub-signature-256': headers['x-hub-signature-256'].slice(7) }, body: BODY })).toMatchObject({ fault: 'signature-malformed' });
  });

  it.each(timed)('%s: takes 300 seconds of difference between two clocks, and refuses 301', (_, scheme) => {
    for (const late of [300, -300]) expect(verdictOf(scheme, sent(scheme, WHSEC, SECONDS - late))).toMatchObject({ genuine: true });
    for (const late of [301, -301]) expect(verdictOf(scheme, sent(scheme, WHSEC, SECONDS - late))).toEqual({ genuine: false, fault: 'timestamp-outside-tolerance' });
  });

  it.each(VENDORS)('%s: refuses nothing while one secret is replaced by another', (_, scheme) => {
    for (const secrets of [[WHSEC], [WHSEC, OTHER], [OTHER, WHSEC]]) expect(verdictOf(scheme, sent(scheme, WHSEC), secrets)).toMatchObject({ genuine: true });
    expect(verdictOf(scheme, sent(scheme, OTHER), [WHSEC, OTHER])).toMatchObject({ genuine: true });
    expect(verdictOf(scheme, sent(scheme, WHSEC), [OTHER])).toEqual({ genuine: false, fault: 'signature-mismatch' });
  });

  it('says of an old delivery that it is old only if it is genuine', () => {
    expect(verdictOf(SCHEMES.stripe, sent(SCHEMES.stripe, OTHER, 0))).toEqual({ genuine: false, fault: 'signature-mismatch' });
  });

  it('accepts none of 10,000 mutated signatures, bodies, times and ids', { timeout: 60_000 }, () => {
    const flip = (text: string, at: number, to: number): string => text.slice(0, at % text.length) + String.fromCharCode(to) + text.slice((at % text.length) + 1);
    let tried = 0;
    fc.assert(
      fc.property(fc.constantFrom(...VENDORS), fc.nat(), fc.integer({ min: 0x20, max: 0x7e }), fc.constantFrom('flip', 'cut', 'grow', 'body', 'swap'), (vendor, at, code, how) => {
        const [, scheme] = vendor;
        const { headers, body } = sent(scheme);
        const names = Object.keys(headers).filter((name) => name === scheme.header || scheme.signed.includes('id'));
        const name = names[at % names.length]!;
        const value = headers[name] as string;
        const changed = { flip: () => flip(value, at, code), cut: () => value.slice(0, at % value.length), grow: () => value + String.fromCharCode(code), swap: () => value.split('').reverse().join(''), body: () => value }[how]();
        const mutant = how === 'body' ? Buffer.from(body) : body;
        if (how === 'body') mutant[at % mutant.length]! ^= 1 << (code % 8);
        if (how !== 'body' && (changed === value || readsTheSame(scheme, name, value, changed))) return;
        tried += 1;
        expect(verdictOf(scheme, { headers: { ...headers, [name]: changed }, body: mutant })).toMatchObject({ genuine: false });
      }),
      { numRuns: 12_000, seed: 5 },
    );
    expect(tried).toBeGreaterThanOrEqual(10_000);
  });

  it('refuses two times in one header, of which each could be believed by somebody', () => {
    const { headers } = sent(SCHEMES.stripe);
    expect(verdictOf(SCHEMES.stripe, { headers: { 'stripe-signature': `t=1,${String(headers['stripe-signature'])}` }, body: BODY })).toEqual({ genuine: false, fault: 'signature-malformed' });
  });

  it('compares with a few signatures and no more', () => {
    const { headers } = sent(SCHEMES['standard-webhooks']);
    const many = `${'v1,AAAA '.repeat(20)}${String(headers['webhook-signature'])}`;
    expect(verdictOf(SCHEMES['standard-webhooks'], { headers: { ...headers, 'webhook-signature': many }, body: BODY })).toEqual({ genuine: false, fault: 'signature-malformed' });
  });
});

// Where signatures are a list, a space or a comma at its end leaves it what it was.
function readsTheSame({ layout, header }: SignatureScheme, name: string, value: string, changed: string): boolean {
  return name === header && layout !== 'plain' && changed.replace(/[ ,]$/, '') === value;
}

describe('secretFault', () => {
  it.each<[string, keyof typeof SCHEMES, string, RegExp | undefined]>([
    ['an empty secret', 'woocommerce', '', /empty/],
    ['a short one', 'woocommerce', 'shop', /at least 16 characters/],
    ['a line break at its end', 'shopify', `${'s'.repeat(32)}\n`, /line break/],
    ['base64 that is none', 'standard-webhooks', 'whsec_not base64 at all, really', /base64/],
    ['a short key', 'standard-webhooks', `whsec_${Buffer.alloc(16).toString('base64')}`, /at least 24 bytes/],
    ['a good one', 'standard-webhooks', WHSEC, undefined],
  ])('judges %s', (_, vendor, secret, expected) => {
    const fault = secretFault(SCHEMES[vendor], secret);
    if (expected === undefined) expect(fault).toBeUndefined();
    else expect(fault).toMatch(expected);
  });
});
