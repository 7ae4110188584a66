import 'reflect-metadata';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, expect, it } from 'vitest';
import { createHttpApp, type HttpAppOptions, shutDown } from '../index.js';

@Controller()
class ThingsController {
  @Get('things')
  list() {
    return {};
  }

  @Post('things')
  create(@Body() body: unknown) {
    return { body };
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

let app: NestFastifyApplication | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  sockets.splice(0).forEach((socket) => socket.destroy());
  if (app !== undefined) await shutDown(app);
});

async function start(options: HttpAppOptions) {
  app = await createHttpApp(ThingsModule, { logger: false, ...options });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { url, port: Number(new URL(url).port) };
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** What a client hears that sends a byte now and then, until it is cut off. */
async function dripping(port: number, beginning: string): Promise<string> {
  const socket = await opened(port);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(beginning);
  const drip = setInterval(() => socket.writable && socket.write('x'), 100);
  await once(socket, 'close');
  clearInterval(drip);
  return answer;
}

const HEADERS = 'POST /things HTTP/1.1\r\nHost: a\r\nX-Slow: ';
const BODY = 'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"a":"';
const CHUNKED = 'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n';

it('cuts off who sends a byte now and then, in the headers as in the body, and says why; the others are answered meanwhile', async () => {
  const { url, port } = await start({ headersTimeoutMs: 1_000, requestTimeoutMs: 1_500 });
  let slow = 90;
  const answers = Promise.all([HEADERS, BODY, CHUNKED].flatMap((beginning) => Array.from({ length: 30 }, () => dripping(port, beginning).finally(() => (slow -= 1)))));
  let answered = 0;
  while (slow > 0) {
    expect((await fetch(`${url}/things`)).status).toBe(200);
    answered += 1;
  }
  expect(answered).toBeGreaterThan(10);
  for (const answer of await answers) expect(answer).toMatch(/^HTTP\/1.1 408 [^]*"code":"request-timeout"/);
}, 30_000);

it('holds no connection for who never closes theirs', async () => {
  const { port } = await start({ headersTimeoutMs: 100, requestTimeoutMs: 150 });
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(socket);
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  socket.write(BODY);
  await once(socket, 'end');
  const { server } = app!.getHttpAdapter().getInstance();
  const open = () => new Promise<number>((resolve, reject) => server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))));
  await expect.poll(open, { timeout: 10_000 }).toBe(0);
}, 20_000);

it('closes connections beyond what an address may have, says why, and takes new ones when others are gone', async () => {
  const { port, url } = await start({ connectionsPerAddress: 3 });
  const held = [await opened(port), await opened(port), await opened(port)];
  const refused = await opened(port);
  let answer = '';
  refused.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  await once(refused, 'close');
  expect(answer).toMatch(/^HTTP\/1.1 503 [^]*retry-after: 1[^]*"code":"too-many-connections"/);
  held[0]!.destroy();
  await expect.poll(async () => (await fetch(`${url}/things`, { headers: { connection: 'close' } })).status).toBe(200);
});

it("does not count a trusted proxy's connections", async () => {
  const { port, url } = await start({ connectionsPerAddress: 1, trustedProxies: ['loopback'] });
  await opened(port);
  await opened(port);
  expect((await fetch(`${url}/things`)).status).toBe(200);
});

it('answers a body that is too large before the end of it, while it is still being sent', async () => {
  const { port } = await start({ bodyLimitBytes: 1_000 });
  const socket = await opened(port);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
  const flow = setInterval(() => socket.writable && socket.write(`400\r\n${'x'.repeat(1_024)}\r\n`), 5);
  await expect.poll(() => answer).toContain('"code":"body-too-large"');
  clearInterval(flow);
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
});
