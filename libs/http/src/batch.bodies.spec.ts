import 'reflect-metadata';
import { Body, Controller, Module, Post, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpApp, type HttpRequest, KeyRing, keySha256, RequireKey, shutDown, TakesBatches } from './index.js';

const [ORDINARY, LONGEST, AT_ONCE] = [1_000, 5_000, 8_000];

@Controller()
@RequireKey()
class ListsController {
  entered = (): void => undefined;
  release: Promise<unknown> = Promise.resolve();

  @Post('lists')
  @TakesBatches({ bodyLimitBytes: LONGEST, atOnceBytes: AT_ONCE })
  async take(@Body() body: unknown, @Req() request: HttpRequest) {
    this.entered();
    await this.release;
    return { list: Array.isArray(body), bytes: request.rawBody?.length };
  }

  @Post('singles')
  single(@Body() body: unknown) {
    return { body };
  }
}

@Module({ controllers: [ListsController], providers: [{ provide: KeyRing, useValue: new KeyRing({ keys: [{ id: 'k', sha256: keySha256('key') }] }) }] })
class ListsModule {}

describe('@TakesBatches', () => {
  let app: NestFastifyApplication;
  let url: string;
  beforeAll(async () => {
    app = await createHttpApp(ListsModule, { logger: false, bodyLimitBytes: ORDINARY });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(() => shutDown(app));

  const headers = { 'content-type': 'application/json', authorization: 'Bearer key' };
  const post = (body: string, path = 'lists') => fetch(`${url}/${path}`, { method: 'POST', headers, body });
  const chunked = (body: string) => fetch(`${url}/lists`, { method: 'POST', headers, body: new Blob([body]).stream(), duplex: 'half' });
  const listOf = (bytes: number) => JSON.stringify(['x'.repeat(bytes - 4)]);

  it('takes a list longer than other bodies, with and without a length said beforehand', async () => {
    for (const send of [post, chunked]) {
      const answer = await send(listOf(LONGEST));
      expect(await answer.json()).toEqual({ list: true, bytes: LONGEST });
      expect((await send(listOf(LONGEST + 1))).status).toBe(413);
    }
  });

  it('leaves all other bodies at their limit, there and elsewhere', async () => {
    const single = JSON.stringify({ text: 'x'.repeat(ORDINARY) });
    for (const answer of [await post(single), await post(` ${single}`), await chunked(single), await post(listOf(ORDINARY + 1), 'singles')]) {
      expect([answer.status, await answer.json()]).toMatchObject([413, { code: 'body-too-large' }]);
    }
  });

  it('checks the shape of everything that is no list; a list is left to its handler', async () => {
    expect((await post('{"__proto__":{}}')).status).toBe(400);
    expect((await post('[{"__proto__":{}}]', 'singles')).status).toBe(400);
    expect((await post('[{"__proto__":{}}]')).status).toBe(201);
  });

  it('reads no more long bodies at a time than it has room for, and as many short ones as ever', async () => {
    const controller = app.get(ListsController);
    const busy = Promise.withResolvers<undefined>();
    const inside = new Promise<void>((resolve) => (controller.entered = resolve));
    controller.release = busy.promise;
    const first = post(listOf(LONGEST));
    await inside;
    for (const send of [post, chunked]) {
      const answer = await send(listOf(LONGEST));
      expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toMatchObject([503, '1', { code: 'temporarily-unavailable' }]);
    }
    const short = post(listOf(ORDINARY));
    busy.resolve(undefined);
    expect([(await first).status, (await short).status]).toEqual([201, 201]);
    expect((await post(listOf(LONGEST))).status).toBe(201);
  });
});
