import { hash } from 'node:crypto';
import { useDatabase, useNats } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';

describe('GET /posthorn.js', () => {
  let ingress: TestIngress;
  beforeAll(async () => {
    const [database, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, nats.servers);
    ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers });
  });
  afterAll(() => ingress.stop());

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(ingress.url + path, { headers: { 'accept-encoding': 'identity', ...headers } });

  it('answers the script to pages of any origin, without a key', async () => {
    const answer = await get('/posthorn.js', { origin: 'https://acme.example' });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=300, stale-while-revalidate=86400',
    });
  });

  it('names the same bytes by their hash, to be kept for good', async () => {
    const newest = await get('/posthorn.js');
    const text = await newest.text();
    const name = newest.headers.get('content-location') ?? '';
    expect(name).toBe(`/posthorn.${hash('sha256', text, 'hex').slice(0, 16)}.js`);
    const exactly = await get(name);
    expect([exactly.headers.get('cache-control'), await exactly.text()]).toEqual(['public, max-age=31536000, immutable', text]);
  });

  it('answers the name of an older release with this one, and lets nobody keep that for good', async () => {
    const older = await get('/posthorn.0123456789abcdef.js');
    expect([older.status, older.headers.get('cache-control')]).toEqual([200, expect.stringContaining('max-age=300')]);
    expect((await get('/posthorn.other.js')).status).toBe(404);
  });

  it('is not sent again to whoever has it', async () => {
    const etag = (await get('/posthorn.js')).headers.get('etag') ?? '';
    const again = await get('/posthorn.js', { 'if-none-match': `W/"x", W/${etag}` });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await get('/posthorn.js', { 'if-none-match': '"older"' })).status).toBe(200);
  });

  it('is compressed for whoever can read that', async () => {
    const plain = await (await get('/posthorn.js')).text();
    for (const encoding of ['br', 'gzip']) {
      const answer = await get('/posthorn.js', { 'accept-encoding': `deflate, ${encoding}` });
      expect([answer.headers.get('content-encoding'), answer.headers.get('vary'), await answer.text()]).toEqual([encoding, 'Accept-Encoding', plain]);
      expect(Number(answer.headers.get('content-length'))).toBeLessThan(5_000);
    }
  });
});
