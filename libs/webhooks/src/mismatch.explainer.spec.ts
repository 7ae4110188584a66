import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type SignedDelivery, signDelivery } from './delivery.verifier.js';
import { explainDelivery } from './mismatch.explainer.js';
import { SCHEMES, schemeOf, type SignatureScheme } from './signature.scheme.js';

const SECRET = 'Zk3r!pP0w9 <&> 41xY';
const WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const NOW = Date.UTC(2026, 10, 23, 9);
const PHP = '{"id":4711,"name":"J\\u00fcrgen","url":"https:\\/\\/shop.example\\/"}';
const { woocommerce, stripe, shopify } = SCHEMES;
const standard = SCHEMES['standard-webhooks'];

const sent = (scheme: SignatureScheme, body = PHP, secret = SECRET): SignedDelivery => ({
  headers: signDelivery(scheme, secret, Buffer.from(body), { id: 'msg_1', seconds: NOW / 1_000 }),
  body: Buffer.from(body),
});
const codesOf = (scheme: SignatureScheme, delivery: SignedDelivery, secret = SECRET, now = NOW): string[] =>
  explainDelivery(scheme, delivery, { secrets: [secret], now }).map(({ code }) => code);
const withBody = (delivery: SignedDelivery, body: string): SignedDelivery => ({ ...delivery, body: Buffer.from(body) });
const hmac = (key: string | Buffer, body = PHP, encoding: 'hex' | 'base64' = 'base64'): string => createHmac('sha256', key).update(body).digest(encoding);

describe('explainDelivery', () => {
  it('has nothing to say about a genuine delivery', () => {
    expect(codesOf(woocommerce, sent(woocommerce))).toEqual([]);
    expect(codesOf(standard, sent(standard, PHP, WHSEC), WHSEC)).toEqual([]);
  });

  it.each<[string, string[], () => string[]]>([
    ['another secret', ['secret-wrong', 'body-changed'], () => codesOf(woocommerce, sent(woocommerce), 'quite another secret')],
    ['a line break at the end of the secret', ['secret-newline'], () => codesOf(woocommerce, sent(woocommerce), `${SECRET}\n`)],
    ['a line break that the sender has in its secret', ['secret-newline'], () => codesOf(shopify, { headers: { [shopify.header]: hmac(`${SECRET}\n`) }, body: Buffer.from(PHP) })],
    ['base64 taken for text', ['secret-not-decoded'], () => codesOf(standard, { ...sent(standard, PHP, WHSEC), headers: { ...sent(standard, PHP, WHSEC).headers, 'webhook-signature': `v1,${hmac(WHSEC, `msg_1.${NOW / 1_000}.${PHP}`)}` } }, WHSEC)],
    ['text taken for base64', ['secret-base64'], () => codesOf(woocommerce, { headers: { [woocommerce.header]: hmac(Buffer.alloc(32, 7)) }, body: Buffer.from(PHP) }, WHSEC)],
    ['a body parsed and written again', ['body-reserialised'], () => codesOf(woocommerce, withBody(sent(woocommerce), JSON.stringify(JSON.parse(PHP))))],
    ['a body indented by a viewer', ['body-reserialised'], () => codesOf(woocommerce, withBody(sent(woocommerce), JSON.stringify(JSON.parse(PHP), undefined, 2)))],
    ['a body that Python wrote', ['body-reserialised'], () => codesOf(woocommerce, withBody(sent(woocommerce, '{"a": [1, 2], "b": "\\u00fc"}'), '{"a":[1,2],"b":"ü"}'))],
    ['a line break behind the body', ['body-newline'], () => codesOf(woocommerce, withBody(sent(woocommerce), `${PHP}\n`))],
    ['a line break that was signed', ['body-newline'], () => codesOf(woocommerce, withBody(sent(woocommerce, `${PHP}\n`), PHP))],
    ['line breaks of Windows', ['body-crlf'], () => codesOf(woocommerce, withBody(sent(woocommerce, '{\n"a":1.0}'), '{\r\n"a":1.0}'))],
    ['hex for base64', ['encoding'], () => codesOf(woocommerce, { headers: { [woocommerce.header]: hmac(SECRET, PHP, 'hex') }, body: Buffer.from(PHP) })],
    ['a signature without the time', ['signed-content'], () => codesOf(stripe, { headers: { [stripe.header]: `t=${NOW / 1_000},v1=${hmac(SECRET, PHP, 'hex')}` }, body: Buffer.from(PHP) })],
    ['a prefix nobody expects', ['signature-prefix'], () => codesOf(SCHEMES['cal-com'], { headers: { [SCHEMES['cal-com'].header]: `sha256=${hmac(SECRET, PHP, 'hex')}` }, body: Buffer.from(PHP) })],
    ['a clock that is wrong', ['clock'], () => codesOf(stripe, sent(stripe), SECRET, NOW + 301_000)],
    ['a header of another vendor', ['header-of-another'], () => codesOf(woocommerce, { headers: { 'x-shopify-hmac-sha256': 'AAAA' }, body: Buffer.from(PHP) })],
    ['a header by another name', ['header-renamed'], () => codesOf(schemeOf({ header: 'X-Signature' }), { headers: { 'x-sig': hmac(SECRET, PHP, 'hex') }, body: Buffer.from(PHP) })],
    ['no signature at all', ['signature-missing'], () => codesOf(woocommerce, { headers: {}, body: Buffer.from(PHP) })],
    ['a line break and a body written again', ['secret-newline', 'body-reserialised'], () => codesOf(woocommerce, withBody(sent(woocommerce), JSON.stringify(JSON.parse(PHP))), `${SECRET}\n`)],
  ])('recognises %s', (_, expected, codes) => {
    expect(codes()).toEqual(expected);
  });

  it('never quotes the secret or the body, and always says what to do', () => {
    for (const secret of ['quite another secret', `${SECRET}\n`, '']) {
      for (const { says, remedy } of explainDelivery(woocommerce, sent(woocommerce), { secrets: [secret] })) {
        expect(`${says} ${remedy}`).not.toMatch(/quite another secret|Zk3r|4711|Jürgen/);
        expect(remedy).not.toBe('');
      }
    }
  });
});
