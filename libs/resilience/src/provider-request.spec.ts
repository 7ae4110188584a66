import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { RetryableError, UnknownOutcomeError } from './provider.errors.js';
import { type ProviderRequest, requestProvider } from './provider-request.js';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const ask = (url: string, more: Partial<ProviderRequest> = {}): Promise<unknown> =>
  requestProvider({ provider: 'Acme', method: 'POST', url, body: '{}', signal: new AbortController().signal, ...more });

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('a request to a provider', () => {
  it('resolves with any answer, whatever its status', async () => {
    const url = await serve((_request, response) => response.writeHead(503, { 'retry-after': '7' }).end('busy'));
    expect(await ask(url)).toMatchObject({ status: 503, body: 'busy' });
  });

  it('was not sent when nobody listens: it can simply be tried again', async () => {
    const error = await failure(ask(`http://127.0.0.1:${await closedPort()}`));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'PROVIDER_UNREACHABLE' });
  });

  it('has an unknown outcome when the connection breaks before the answer', async () => {
    const url = await serve((request) => request.socket.destroy());
    const error = await failure(ask(url));
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect(error).toMatchObject({ code: 'PROVIDER_CONNECTION_LOST' });
  });

  it('has an unknown outcome when the connection breaks within the answer', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"id"', () => response.socket?.destroy());
    });
    expect(await failure(ask(url))).toBeInstanceOf(UnknownOutcomeError);
  });

  it('has an unknown outcome when no answer comes in time', async () => {
    const url = await serve(() => undefined);
    expect(await failure(ask(url, { timeoutMs: 50 }))).toMatchObject({ code: 'PROVIDER_TIMEOUT' });
  });

  it('ends with the signal of its own call and leaves its siblings alone', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/quick') response.end('done');
    });
    const mine = new AbortController();
    const hanging = failure(ask(`${url}/hanging`, { signal: mine.signal }));
    mine.abort();
    expect(await hanging).toBeInstanceOf(UnknownOutcomeError);
    expect(await ask(`${url}/quick`)).toMatchObject({ body: 'done' });
  });

  it('uses a connection again, and never sends what belongs to another request', async () => {
    const seen: string[] = [];
    const url = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push(`${request.method} ${body} ${request.headers['content-length']} ${request.socket.remotePort}`);
        response.setHeader('x-number', ['1', '2']).end('ä');
      });
    });
    const first = await ask(url, { body: '{"ä":1}' });
    expect(first).toMatchObject({ status: 200, body: 'ä' });
    expect((first as { headers: Headers }).headers.get('x-number')).toBe('1, 2');
    await ask(url, { method: 'PUT', body: undefined });
    await ask(url, { method: 'GET', body: undefined });
    const ports = new Set(seen.map((line) => line.split(' ').at(-1)));
    expect(ports.size).toBe(1);
    expect(seen.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual(['POST {"ä":1} 8', 'PUT  0', 'GET  undefined']);
  });

  it('does not begin when its signal is aborted already', async () => {
    let reached = false;
    const url = await serve((_request, response) => {
      reached = true;
      response.end();
    });
    expect(await failure(ask(url, { signal: AbortSignal.abort() }))).toBeInstanceOf(UnknownOutcomeError);
    expect(reached).toBe(false);
  });

  it('does not carry credentials along a redirect', async () => {
    let followed = false;
    const url = await serve((request, response) => {
      if (request.url === '/elsewhere') followed = true;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await ask(url, { headers: { authorization: 'Bearer secret' } })).toMatchObject({ status: 302 });
    expect(followed).toBe(false);
  });

  it('stops reading an answer that has no end', async () => {
    const url = await serve((_request, response) => {
      const chunk = 'x'.repeat(65_536);
      const more = (): void => {
        while (response.writable && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const error = await failure(ask(url, { maxResponseBytes: 200_000 }));
    // Whoever answers like this is not the provider, or not well: nothing is given up for it.
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect(error).toMatchObject({ code: 'PROVIDER_RESPONSE_TOO_LARGE' });
  });

  it('asks for an answer that is not compressed, and reads one that is all the same', async () => {
    const encoders = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };
    const asked = new Set<string | undefined>();
    const url = await serve((request, response) => {
      asked.add(request.headers['accept-encoding']);
      const encoding = request.url!.slice(1) as keyof typeof encoders;
      response.writeHead(200, { 'content-encoding': encoding }).end(encoders[encoding](JSON.stringify({ name: 'Zoë', encoding })));
    });
    for (const encoding of Object.keys(encoders)) expect(await ask(`${url}/${encoding}`)).toMatchObject({ body: JSON.stringify({ name: 'Zoë', encoding }) });
    expect([...asked]).toEqual(['identity']);
  });

  it('does not let a small compressed answer grow without end', async () => {
    const url = await serve((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(5_000_000))));
    expect(await failure(ask(url, { maxResponseBytes: 200_000 }))).toMatchObject({ code: 'PROVIDER_RESPONSE_TOO_LARGE' });
  });

  it.each([
    ['is not what it says', 'no gzip at all', false],
    ['breaks off', gzipSync('x'.repeat(100_000)).subarray(0, 60), true],
  ])('has an unknown outcome when a compressed answer %s', async (_what, body, breaks) => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': breaks ? '1000' : String(body.length) });
      response.write(body, () => (breaks ? response.socket?.destroy() : response.end()));
    });
    expect(await failure(ask(url))).toBeInstanceOf(UnknownOutcomeError);
  });
});
