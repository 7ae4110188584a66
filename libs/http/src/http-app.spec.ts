import 'reflect-metadata';
import { connect } from 'node:net';
import { Body, Controller, Get, Module, Post, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { type ApiKey, Caller, createHttpApp, type HttpRequest, KeyRing, keySha256, Problem, RequireKey, RequireScope, shutDown } from './index.js';

let release: () => void = () => undefined;
let entered: () => void = () => undefined;

@Controller()
class ThingsController {
  @Post('things')
  create(@Body() body: unknown, @Req() request: HttpRequest) {
    return { body, bytes: request.rawBody?.length ?? null };
  }

  @Get('things/:id')
  show() {
    return { ok: true };
  }

  @Get('broken')
  broken() {
    throw new Error('the password is hunter2');
  }

  @Get('away')
  away() {
    throw Object.assign(new Error('refused'), { code: 'DATABASE_UNAVAILABLE' });
  }

  @Get('refused')
  refused() {
    throw new Problem({ status: 422, code: 'no-good', title: 'No good', errors: [{ pointer: '/a', rule: 'x', message: 'y' }] });
  }

  @Get('slow')
  async slow() {
    await new Promise<void>((resolve) => {
      release = resolve;
      entered();
    });
    return { done: true };
  }
}

@Controller()
@RequireKey()
class OwnThingsController {
  @Get('mine')
  mine(@Caller() key: ApiKey) {
    return key;
  }

  @Post('mine')
  createMine(@Body() body: unknown) {
    return { body };
  }

  @Post('secret')
  @RequireScope('admin')
  createSecret(@Body() body: unknown) {
    return { body };
  }

  @Get('secret')
  @RequireScope('admin')
  secret() {
    return {};
  }
}

const keys = [
  { id: 'old', site: 'acme', sha256: keySha256('key-old'), scopes: [] },
  { id: 'new', site: 'acme', sha256: keySha256('key-new'), scopes: ['admin'] },
];

@Module({ controllers: [ThingsController, OwnThingsController], providers: [{ provide: KeyRing, useValue: new KeyRing({ keys }) }] })
class ThingsModule {}

const JSON_HEADERS = { 'content-type': 'application/json' };

async function start(options: Parameters<typeof createHttpApp>[1] = {}) {
  const app = await createHttpApp(ThingsModule, { logger: false, ...options });
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

/** What the server says to these bytes until it closes. */
function converse(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('createHttpApp', () => {
  let app: NestFastifyApplication;
  let url: string;
  beforeAll(async () => {
    ({ app, url } = await start());
  });
  afterAll(() => shutDown(app));

  const post = (body: string, headers: Record<string, string> = JSON_HEADERS) => fetch(`${url}/things`, { method: 'POST', body, headers });

  it('hands over the parsed body and its exact bytes', async () => {
    const answer = await post('{ "a": "ü" }');
    expect(await answer.json()).toEqual({ body: { a: 'ü' }, bytes: 13 });
  });

  it('sets security headers on every answer', async () => {
    for (const path of ['/things/1', '/nowhere', '/broken']) {
      const { headers } = await fetch(url + path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  it('answers 404 and 405 as problems, the latter with Allow', async () => {
    const missing = await fetch(`${url}/nowhere`);
    expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json; charset=utf-8']);
    const wrong = await fetch(`${url}/things/7`, { method: 'DELETE' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await wrong.json()).toMatchObject({ type: 'https://posthorn.dev/problems/method-not-allowed', status: 405 });
  });

  it('hides what went wrong on our side', async () => {
    const answer = await fetch(`${url}/broken`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('hunter2');
  });

  it('answers 503 with Retry-After when the database is away', async () => {
    const answer = await fetch(`${url}/away`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  });

  it('lists bad fields of a problem', async () => {
    const answer = await fetch(`${url}/refused`);
    expect(await answer.json()).toMatchObject({ code: 'no-good', errors: [{ pointer: '/a', rule: 'x', message: 'y' }] });
  });

  it('accepts 32 levels and refuses 33', async () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect((await post(nested(32))).status).toBe(201);
    const refused = await post(nested(33));
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([400, 'unsafe-json']);
  });

  it('names every dangerous key and unstorable text by its pointer', async () => {
    const answer = await post('{"a":{"__proto__":{}},"constructor":1,"b/c":["\\u0000","\\ud800"],"ok":"\\ud83d\\ude00"}');
    const { errors } = (await answer.json()) as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/a/__proto__', '/constructor', '/b~1c/0', '/b~1c/1']);
  });

  it('takes a body of exactly the limit and refuses one byte more', async () => {
    const body = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    expect((await post(body(262_144))).status).toBe(201);
    expect((await post(body(262_145))).status).toBe(413);
  });

  it('tells a missing, a malformed and an unknown key apart', async () => {
    const code = async (authorization?: string) => {
      const answer = await fetch(`${url}/mine`, { headers: authorization === undefined ? {} : { authorization } });
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    expect(await code()).toEqual([401, 'key-missing']);
    expect(await code('Basic a2V5')).toEqual([401, 'key-malformed']);
    expect(await code('Bearer nobody')).toEqual([401, 'key-unknown']);
  });

  it('knows overlapping keys of one site, so that they can be rotated', async () => {
    for (const id of ['old', 'new']) {
      const answer = await fetch(`${url}/mine`, { headers: { authorization: `Bearer key-${id}` } });
      expect(await answer.json()).toMatchObject({ id, site: 'acme' });
    }
  });

  it('lets only keys with the scope pass', async () => {
    const status = async (key: string) => (await fetch(`${url}/secret`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect([await status('key-old'), await status('key-new')]).toEqual([403, 200]);
  });

  it('refuses who has no key, or not the right one, before a byte of the body has come', async () => {
    const unsent = (path: string, key: string) =>
      converse(url, `POST /${path} HTTP/1.1\r\nHost: a\r\n${key}Content-Type: application/json\r\nContent-Length: 9999999\r\nConnection: close\r\n\r\n`);
    expect(await unsent('mine', '')).toMatch(/^HTTP\/1.1 401 [^]*"code":"key-missing"/);
    expect(await unsent('mine', 'Authorization: Bearer nobody\r\n')).toMatch(/^HTTP\/1.1 401 [^]*"code":"key-unknown"/);
    expect(await unsent('secret', 'Authorization: Bearer key-old\r\n')).toMatch(/^HTTP\/1.1 403 [^]*"code":"scope-missing"/);
    expect(await unsent('secret', 'Authorization: Bearer key-new\r\n')).toMatch(/^HTTP\/1.1 413 /);
    const broken = { method: 'POST', body: '{"a"', headers: JSON_HEADERS };
    expect((await fetch(`${url}/mine`, broken)).status).toBe(401);
    expect((await fetch(`${url}/mine`, { ...broken, headers: { ...JSON_HEADERS, authorization: 'Bearer key-new' } })).status).toBe(400);
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'malformed-http'],
    ['no Host header', 'GET /things/1 HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'host-missing'],
    ['headers beyond 16 KiB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
    ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n', 417, 'expectation-failed'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400, 'malformed-http'],
  ])('answers %s with a problem', async (_, bytes, status, code) => {
    const answer = await converse(url, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain(`"code":"${code}"`);
  });
});

describe('slow clients and stopping', () => {
  let app: NestFastifyApplication | undefined;
  afterEach(async () => app && shutDown(app));

  it('answers 408 to a body that does not come', async () => {
    const started = await start({ requestTimeoutMs: 200, headersTimeoutMs: 150 });
    app = started.app;
    const answer = await converse(started.url, 'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"');
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"request-timeout"');
  });

  it('finishes what is in flight, and accepts nothing new', async () => {
    const started = await start();
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const inFlight = fetch(`${started.url}/slow`);
    await inside;
    const stopped = shutDown(started.app);
    await expect(fetch(`${started.url}/things/1`)).rejects.toThrow();
    release();
    expect(await (await inFlight).json()).toEqual({ done: true });
    await stopped;
  });
});

describe('an application without keys, limits and metrics', () => {
  it('starts with nothing in its log to worry about', async () => {
    @Module({})
    class Nothing {}
    const complaints: unknown[] = [];
    const complain = (...words: unknown[]): void => void complaints.push(words);
    const app = await createHttpApp(Nothing, { logger: { log: () => undefined, warn: complain, error: complain } });
    await app.init();
    await app.close();
    expect(complaints).toEqual([]);
  });
});

describe('KeyRing', () => {
  it('refuses a digest that is none', () => {
    expect(() => new KeyRing({ keys: [{ id: 'k', sha256: 'abc' }] })).toThrow(/Key k: sha256 must be 64 hex digits/);
  });
});
