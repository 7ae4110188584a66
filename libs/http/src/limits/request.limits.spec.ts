import 'reflect-metadata';
import { connect } from 'node:net';
import { Body, Controller, Get, Module, Post, Req, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ObservabilityModule } from '@posthorn/observability';
import { afterEach, describe, expect, it } from 'vitest';
import { countMore, createHttpApp, FreeWhenAccepted, FromBrowsers, type HttpReply, type HttpRequest, KeyRing, keySha256, Problem, RateLimiter, RequireKey, RequireScope, shutDown, Uncounted } from '../index.js';
import { MemoryBank } from './memory.bank.test-kit.js';

@Controller()
class OpenController {
  @Get('page')
  page() {
    return {};
  }

  @Get('script')
  @Uncounted()
  script() {
    return {};
  }

  @Get('seen')
  seen(@Req() request: HttpRequest) {
    return { ip: request.ip };
  }

  @Post('signed')
  @FreeWhenAccepted()
  signed(@Body() body: { forged?: boolean }) {
    if (body.forged === true) throw new Problem({ status: 401, code: 'forged', title: 'Forged' });
    return {};
  }
}

@Controller('events')
@RequireKey()
class KeyedController {
  @Post()
  @RequireScope('write')
  @FromBrowsers()
  async submit(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    if (Array.isArray(request.body)) await countMore(request, reply, request.body.length - 1);
    await reply.code(202).send({});
  }
}

const ORIGIN = 'https://acme.example';
const keys = [
  { id: 'backend', site: 'acme', sha256: keySha256('key-backend'), scopes: ['write'] },
  { id: 'other', site: 'acme', sha256: keySha256('key-other'), scopes: ['write'] },
  { id: 'page', site: 'acme', sha256: keySha256('key-page'), scopes: ['write'], origins: [ORIGIN] },
  { id: 'reader', site: 'acme', sha256: keySha256('key-reader'), scopes: ['read'] },
];

let app: NestFastifyApplication | undefined;
afterEach(async () => app && shutDown(app));

async function start({ burst = 3, addressBurst = 3, bank = new MemoryBank(), trustedProxies = undefined as string[] | undefined } = {}) {
  const limiter = new RateLimiter({ bank, limitOfKey: () => ({ perSecond: 0.01, burst }), perAddress: { perSecond: 0.01, burst: addressBurst }, nameOfAddress: (network) => network });
  @Module({ imports: [ObservabilityModule.forRoot({ service: 'limits', logLevel: 'silent' })], controllers: [OpenController, KeyedController], providers: [{ provide: KeyRing, useValue: new KeyRing({ keys }) }, { provide: RateLimiter, useValue: limiter }] })
  class LimitedModule {}
  app = await createHttpApp(LimitedModule, { logger: false, trustedProxies });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) => fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
  const submit = (key: string, body: unknown = {}, headers: Record<string, string> = {}) => post('/events', body, { authorization: `Bearer key-${key}`, ...headers });
  return { url, get, post, submit };
}

const times = async (count: number, call: () => Promise<Response>): Promise<number[]> => {
  const statuses: number[] = [];
  for (let n = 0; n < count; n += 1) statuses.push((await call()).status);
  return statuses;
};

describe('limits by key', () => {
  it('let as many through as the key may send, and the other keys of the site go on', async () => {
    const { submit } = await start();
    expect(await times(4, () => submit('backend'))).toEqual([202, 202, 202, 429]);
    expect((await submit('other')).status).toBe(202);
  });

  it('tell by headers what the limit is and what remains, and in a refusal when to come again', async () => {
    const { submit } = await start();
    const { headers } = await submit('backend');
    expect(headers.get('ratelimit-policy')).toBe('"key";q=3;w=300');
    expect(headers.get('ratelimit')).toBe('"key";r=2;t=100');
    await times(2, () => submit('backend'));
    const refused = await submit('backend');
    expect(refused.headers.get('ratelimit')).toBe('"key";r=0;t=300');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(90);
    expect(await refused.json()).toMatchObject({ code: 'rate-limited', status: 429, detail: expect.stringContaining('3 at once') as string });
  });

  it('count a list as many as it has events, and refuse one that is too long for ever without a time to come again', async () => {
    const { submit } = await start();
    const tooLong = await submit('backend', [1, 2, 3, 4, 5]);
    expect([tooLong.status, tooLong.headers.get('retry-after')]).toEqual([429, null]);
    expect((await submit('other', [1, 2, 3])).status).toBe(202);
    expect((await submit('other')).status).toBe(429);
  });

  it('are looked at before a byte of the body has come', async () => {
    const { submit, url } = await start();
    await times(3, () => submit('backend'));
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
        socket.write('POST /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer key-backend\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n'),
      );
      socket.once('data', (chunk: Buffer) => {
        resolve(chunk.toString());
        socket.destroy();
      });
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 429 /);
  });

  it("count a page's key by each visitor's address too, and let the page read the refusal", async () => {
    const { submit } = await start({ burst: 100 });
    const visit = () => submit('page', {}, { origin: ORIGIN });
    expect(await times(3, visit)).toEqual([202, 202, 202]);
    const refused = await visit();
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([429, ORIGIN]);
    expect(refused.headers.get('access-control-expose-headers')).toContain('ratelimit');
    expect(refused.headers.get('ratelimit-policy')).toBe('"address";q=3;w=300, "key";q=100;w=10000');
  });

  it('hold nobody up while they cannot be counted', async () => {
    const bank = new MemoryBank();
    bank.away = true;
    const { submit, get } = await start({ bank });
    expect(await times(6, () => submit('backend'))).toEqual(Array(6).fill(202));
    expect(await times(6, () => get('/page'))).toEqual(Array(6).fill(200));
  });
});

describe('limits by address', () => {
  it('count whatever comes without a key, also what is not there', async () => {
    const { get } = await start();
    expect([...(await times(2, () => get('/page'))), ...(await times(2, () => get('/nowhere')))]).toEqual([200, 200, 404, 429]);
  });

  it('count whoever guesses keys, and not those at the same address who have one', async () => {
    const { submit } = await start();
    expect(await times(5, () => submit('guessed'))).toEqual([401, 401, 401, 429, 429]);
    expect((await submit('backend')).status).toBe(202);
    expect((await submit('reader')).status).toBe(429);
  });

  it('do not count what watches over the service, nor what costs next to nothing', async () => {
    const { get } = await start();
    for (const path of ['/live', '/ready', '/metrics', '/script']) expect(await times(5, () => get(path))).not.toContain(429);
  });

  it('do not count what proves by its signature whose it is, only what is forged', async () => {
    const { post } = await start();
    expect(await times(6, () => post('/signed', {}))).toEqual(Array(6).fill(201));
    expect(await times(4, () => post('/signed', { forged: true }))).toEqual([401, 401, 401, 429]);
  });

  it('believe X-Forwarded-For of a trusted proxy and of nobody else', async () => {
    const trusting = await start({ trustedProxies: ['loopback'] });
    const from = (address: string) => trusting.get('/page', { 'x-forwarded-for': address });
    expect(await times(4, () => from('203.0.113.1'))).toEqual([200, 200, 200, 429]);
    expect((await from('203.0.113.2')).status).toBe(200);
    // What a client writes in front of what the proxy adds counts for nothing.
    expect((await from('198.51.100.9, 203.0.113.1')).status).toBe(429);
    await shutDown(app!);
    const wary = await start();
    expect(await (await wary.get('/seen', { 'x-forwarded-for': '203.0.113.1' })).json()).toEqual({ ip: '127.0.0.1' });
  });

  it('count an IPv6 network of 64 bits as one', async () => {
    const { get } = await start({ trustedProxies: ['127.0.0.1'] });
    const from = (address: string) => get('/page', { 'x-forwarded-for': address });
    for (const host of [1, 2, 3]) expect((await from(`2001:db8::${host}`)).status).toBe(200);
    expect([(await from('2001:db8::ffff:4')).status, (await from('2001:db8:0:1::1')).status]).toEqual([429, 200]);
  });
});
