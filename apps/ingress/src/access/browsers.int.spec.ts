import { request as httpRequest } from 'node:http';
import { newKeySecret } from '@posthorn/http';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACME_KEY, lead, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { answerOf, makeKey, order, PAGE } from './access.test-kit.js';

const SHOP = 'https://shop.acme.example';
let ingress: TestIngress;
let page: string;
let shop: string;

beforeAll(async () => {
  const [database, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(database.adminUrl, nats.servers);
  ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers });
  await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  page = await makeKey(ingress, { id: 'page', kind: 'browser', site: 'acme', types: ['lead.submitted'], origins: [PAGE] });
  shop = await makeKey(ingress, { id: 'shop', kind: 'browser', site: 'acme', types: ['lead.submitted'], origins: [SHOP] });
});
afterAll(() => ingress.stop());

const preflight = (path: string, { origin = PAGE, method = 'POST' } = {}) =>
  answerOf(fetch(ingress.url + path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type' } }));
const submit = (key: string, origin: string | undefined) => answerOf(ingress.submit(lead(), { authorization: `Bearer ${key}`, ...(origin === undefined ? {} : { origin }) }));
const crossOrigin = (headers: Headers): string[] => [...headers.keys()].filter((name) => name.startsWith('access-control-'));

describe('a page with a key of its own', () => {
  it('is answered before it sends, and after, and may read what it needs', async () => {
    const before = await preflight('/v1/events');
    expect(before.status).toBe(204);
    expect(Object.fromEntries(before.headers)).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, content-type, idempotency-key, traceparent',
      'access-control-max-age': '600',
      vary: expect.stringContaining('Origin') as string,
    });
    const after = await submit(page, PAGE);
    expect(after.status).toBe(202);
    expect(after.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(after.headers.get('access-control-expose-headers')).toContain('location');
    expect(after.headers.get('vary')).toBe('Origin');
  });

  it('may read why it was refused, also that its key is gone: it could not tell that from a network that is down', async () => {
    const wrong = await answerOf(ingress.submit({ type: 'lead.submitted', data: {} }, { authorization: `Bearer ${page}`, origin: PAGE }));
    expect([wrong.status, wrong.headers.get('access-control-allow-origin')]).toEqual([422, PAGE]);
    const gone = await submit(newKeySecret('browser'), PAGE);
    expect([gone.status, gone.headers.get('access-control-allow-origin')]).toEqual([401, PAGE]);
  });

  it('is never let send cookies', async () => {
    for (const { headers } of [await preflight('/v1/events'), await submit(page, PAGE)]) expect(headers.get('access-control-allow-credentials')).toBeNull();
  });

  it.each([
    ['of no key', 'https://evil.example'],
    ['that only begins like a listed one', `${PAGE}.evil.example`],
    ['over another scheme', PAGE.replace('https', 'http')],
    ['on another port', `${PAGE}:8443`],
    ['that hides', 'null'],
  ])('counts from no origin %s', async (_, origin) => {
    const before = await preflight('/v1/events', { origin });
    expect([before.status, crossOrigin(before.headers)]).toEqual([405, []]);
    const after = await submit(page, origin);
    expect([after.status, after.body['code'], crossOrigin(after.headers)]).toEqual([403, 'origin-not-allowed', []]);
  });

  it("does not count from the origin of another page's key, nor from no page at all", async () => {
    for (const [key, origin] of [[page, SHOP], [shop, PAGE], [page, undefined]] as const) {
      const { status, body, headers } = await submit(key, origin);
      expect([status, body['code'], crossOrigin(headers)]).toEqual([403, 'origin-not-allowed', []]);
    }
  });

  it('is refused before a byte of its body is read', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${page}`, origin: SHOP, 'content-type': 'application/json', 'content-length': 1_000 };
      // The body never comes.
      const sent = httpRequest(`${ingress.url}/v1/events`, { method: 'POST', headers }, ({ statusCode }) => {
        resolve(statusCode);
        sent.destroy();
      });
      sent.on('error', reject).flushHeaders();
    });
    expect(answer).toBe(403);
  });
});

describe('CORS headers', () => {
  it('are in no other answer: not for a server, not at another address or by another method', async () => {
    const answers = await Promise.all([
      submit(ACME_KEY, PAGE),
      preflight('/v1/events', { method: 'GET' }),
      preflight('/v1/events', { method: 'DELETE' }),
      preflight('/v1/keys'),
      preflight('/v1/privacy/erasures'),
      preflight('/nowhere'),
      answerOf(fetch(`${ingress.url}/ready`, { headers: { origin: PAGE } })),
      answerOf(ingress.get('/v1/events/01a20411-bb52-7584-acea-c9154f74b8bc', { origin: PAGE })),
      answerOf(fetch(`${ingress.url}/v1/events`, { method: 'OPTIONS', headers: { origin: PAGE } })),
    ]);
    expect(answers.map(({ headers }) => crossOrigin(headers))).toEqual(answers.map(() => []));
    expect(answers.slice(1, 6).map(({ status }) => status)).toEqual([405, 405, 405, 405, 404]);
  });

  it('end with the last key that lists the origin', async () => {
    const origin = 'https://gone.acme.example';
    await makeKey(ingress, { id: 'gone', kind: 'browser', site: 'acme', types: ['lead.submitted'], origins: [origin] });
    expect((await preflight('/v1/events', { origin })).status).toBe(204);
    await order(ingress, 'DELETE', '/v1/keys/gone');
    expect((await preflight('/v1/events', { origin })).status).toBe(405);
  });
});
