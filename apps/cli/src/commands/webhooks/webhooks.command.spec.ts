import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schemeOf, SCHEMES, signDelivery } from '@posthorn/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../program.js';

const SECRET = 'the secret of the shop of the tests';
const BODY = '{"id":727,"status":"processing"}';
// Long ago, whenever this runs.
const SENT = Date.UTC(2026, 0, 23, 9, 13) / 1_000;

describe('posthorn webhooks verify', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'posthorn-webhooks-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const headersOf = (headers: Record<string, string>): string => ['POST /v1/webhooks/acme.shop HTTP/1.1', ...Object.entries(headers).map(([name, value]) => `> ${name.toUpperCase()}: ${value}`), ''].join('\r\n');
  const verify = async (files: { secret?: string; headers: string; body?: string }, ...more: string[]) => {
    writeFileSync(join(folder, 'secret'), files.secret ?? `${SECRET}\n`);
    writeFileSync(join(folder, 'headers'), files.headers);
    writeFileSync(join(folder, 'body'), files.body ?? BODY);
    const said = { out: '', error: '' };
    const world = { env: {}, cwd: folder, out: { write: (text: string) => (said.out += text) }, error: { write: (text: string) => (said.error += text) } };
    const code = await run(['webhooks', 'verify', '--secret-file', 'secret', '--headers', 'headers', '--body', 'body', ...more], world);
    return { code, ...said };
  };
  const woo = headersOf(signDelivery(SCHEMES.woocommerce, SECRET, Buffer.from(BODY)));
  const stripe = headersOf(signDelivery(SCHEMES.stripe, SECRET, Buffer.from(BODY), { seconds: SENT }));

  it('says of a genuine request that it is', async () => {
    expect(await verify({ headers: woo }, '--preset', 'woocommerce')).toEqual({ code: 0, out: 'Genuine.\n', error: '' });
  });

  it('explains each mismatch in a sentence, with the remedy', async () => {
    const { code, out } = await verify({ headers: woo, body: JSON.stringify(JSON.parse(BODY), undefined, 2) }, '--preset', 'woocommerce');
    expect(code).toBe(1);
    expect(out).toMatch(/^Not genuine\.\n- The body was parsed and written as JSON again.*\n {2}Verify before parsing/);
    expect((await verify({ headers: woo, secret: `${SECRET} \n` }, '--preset', 'woocommerce')).out).toContain('space or a line break');
    expect((await verify({ headers: woo, secret: 'another secret of somebody' }, '--preset', 'woocommerce')).out).toContain('another secret');
    expect((await verify({ headers: woo }, '--preset', 'shopify')).out).toContain('Use the preset woocommerce');
  });

  it('checks an old request for its own time', async () => {
    expect((await verify({ headers: stripe }, '--preset', 'stripe')).out).toContain('300 are allowed');
    expect(await verify({ headers: stripe }, '--preset', 'stripe', '--at', new Date(SENT * 1_000).toISOString())).toMatchObject({ code: 0 });
    expect(await verify({ headers: stripe }, '--preset', 'stripe', '--at', new Date((SENT + 301) * 1_000).toISOString())).toMatchObject({ code: 1 });
  });

  it('verifies whoever signs with HMAC', async () => {
    const headers = headersOf(signDelivery(schemeOf({ header: 'X-Hub-Signature-256', prefix: 'sha256=' }), SECRET, Buffer.from(BODY)));
    expect(await verify({ headers }, '--preset', 'hmac', '--header', 'X-Hub-Signature-256', '--prefix', 'sha256=')).toMatchObject({ code: 0 });
    expect((await verify({ headers }, '--preset', 'hmac', '--header', 'X-Hub-Signature-256')).out).toContain('prefix');
  });

  it('answers scripts in JSON, and never with the secret or the body', async () => {
    const { out } = await verify({ headers: woo, secret: 'another secret of somebody' }, '--preset', 'woocommerce', '--json');
    expect(JSON.parse(out)).toMatchObject({ genuine: false, findings: [{ code: 'secret-wrong' }, { code: 'body-changed' }] });
    expect(out).not.toMatch(/of somebody|727/);
  });

  it('says what is missing or misspelt', async () => {
    expect(await verify({ headers: woo }, '--preset', 'woo')).toMatchObject({ code: 2, error: expect.stringContaining('standard-webhooks') as string });
    expect(await verify({ headers: 'nothing\n' }, '--preset', 'woocommerce')).toMatchObject({ code: 2, error: expect.stringContaining('no headers') as string });
    expect(await verify({ headers: woo }, '--preset', 'hmac', '--header', 'X', '--encoding', 'rot13')).toMatchObject({ code: 2, error: expect.stringContaining('hex, base64') as string });
    expect(await verify({ headers: woo })).toMatchObject({ code: 2 });
  });
});
