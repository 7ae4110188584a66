import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type GuardSettings } from './guard.options.js';
import { Guard } from './guard.js';
import { PermanentError, UnknownOutcomeError } from './provider.errors.js';
import { rateLimitOf } from './rate-limit.report.js';
import { requestProvider } from './provider-request.js';

/** A provider on a real socket that counts, on its side, how many connections it has at a time. */
class Provider {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  calls = 0;
  mostSockets = 0;

  constructor(public answer: RequestListener) {
    this.server = createServer((request, response) => {
      this.calls += 1;
      this.answer(request, response);
    });
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      this.mostSockets = Math.max(this.mostSockets, this.sockets.size);
      // The client's end of it is what counts; Node's server notices the close a little later.
      for (const event of ['end', 'close']) socket.once(event, () => this.sockets.delete(socket));
    });
  }

  get socketsNow(): number {
    return this.sockets.size;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const never: RequestListener = () => undefined;
const status = (code: number): RequestListener => (_request, response) => void response.writeHead(code).end('{}');

describe('a guard before a provider on a real socket', () => {
  let provider: Provider;
  afterEach(() => provider.close());

  const guarded = async (answer: RequestListener, settings: GuardSettings) => {
    provider = new Provider(answer);
    const url = await provider.listen();
    const guard = new Guard('acme-crm', settings);
    const call = (obeys = true): Promise<unknown> =>
      guard
        .run(async (signal) => {
          const ask = requestProvider({ provider: 'Acme', method: 'POST', url, body: '{}', signal: obeys ? signal : new AbortController().signal, timeoutMs: 2_000 });
          const response = await ask;
          guard.reportRateLimit(rateLimitOf(response.headers));
          if (response.status >= 400) throw new PermanentError('REFUSED', 'refused', { status: response.status });
          return response.status;
        })
        .catch((error: unknown) => error);
    return { guard, call };
  };

  it('is never refused by a provider that tells what is left of its limit', async () => {
    const [limit, windowMs] = [10, 1_000];
    let used = 0;
    let began = -Infinity;
    let refused = 0;
    const { guard, call } = await guarded(
      (_request, response) => {
        if (Date.now() - began >= windowMs) [began, used] = [Date.now(), 0];
        used += 1;
        if (used > limit) refused += 1;
        const headers = { 'ratelimit-policy': `"default";q=${limit};w=1`, ratelimit: `"default";r=${Math.max(0, limit - used)};t=1` };
        response.writeHead(used > limit ? 429 : 200, headers).end('{}');
      },
      { concurrency: 3 },
    );
    for (let made = 0; made < 25; ) {
      const slots = guard.freeSlots();
      if (slots === 0) await new Promise((resolve) => setTimeout(resolve, Math.max(1, (guard.availableAt()?.getTime() ?? 0) - Date.now())));
      made += slots;
      await Promise.all(Array.from({ length: slots }, () => call()));
    }
    expect([refused, provider.calls >= 25]).toEqual([0, true]);
  });

  it('never opens for 100 % of 400s', async () => {
    const { guard, call } = await guarded(status(400), { concurrency: 4, volumeThreshold: 5 });
    const errors: unknown[] = [];
    for (let i = 0; i < 50; i++) errors.push(...(await Promise.all([call(), call(), call(), call()])));
    expect(errors.every((error) => error instanceof PermanentError)).toBe(true);
    expect([guard.state, provider.calls]).toEqual(['closed', 200]);
  });

  it('opens for answers that come after the deadline', async () => {
    const { guard, call } = await guarded((_request, response) => void setTimeout(() => response.end('late'), 400), { concurrency: 5, deadlineMs: 100, volumeThreshold: 5 });
    const errors = await Promise.all(Array.from({ length: 5 }, () => call()));
    expect(errors.every((error) => error instanceof UnknownOutcomeError)).toBe(true);
    expect(guard.state).toBe('open');
  });

  it('has no more sockets at a hanging provider than slots, also after deadlines', async () => {
    const { guard, call } = await guarded(never, { concurrency: 3, deadlineMs: 60, volumeThreshold: 1_000 });
    for (let round = 0; round < 8; round++) await Promise.all([call(), call(), call()]);
    expect([provider.calls, guard.state]).toEqual([24, 'closed']);
    expect(provider.mostSockets).toBeLessThanOrEqual(3);
    await vi.waitFor(() => expect(provider.socketsNow).toBe(0), { timeout: 5_000 });
  });

  it('has no more of them either when calls ignore their deadline', async () => {
    const { guard, call } = await guarded(never, { concurrency: 3, deadlineMs: 40, volumeThreshold: 1_000 });
    expect(await Promise.all([call(false), call(false), call(false)])).toMatchObject([{ code: 'DEADLINE_EXCEEDED' }, {}, {}]);
    for (let i = 0; i < 20; i++) expect(await call()).toMatchObject({ code: 'BULKHEAD_FULL' });
    expect([provider.socketsNow, provider.calls, guard.overdueCalls]).toEqual([3, 3, 3]);
    await vi.waitFor(() => expect(guard.freeSlots()).toBe(3), { timeout: 5_000 });
  });

  it('is not blocked for ever by a probe that hangs', async () => {
    const { guard, call } = await guarded(status(503), { concurrency: 4, deadlineMs: 80, openMs: 20, maxOpenMs: 40, volumeThreshold: 4 });
    await Promise.all([call(), call(), call(), call()]);
    expect(guard.state).toBe('open');
    provider.answer = never;
    await vi.waitFor(() => expect(guard.state).toBe('half-open'), { timeout: 5_000 });
    expect(await call()).toBeInstanceOf(UnknownOutcomeError);
    expect(guard.state).toBe('open');
    provider.answer = status(200);
    await vi.waitFor(() => expect(guard.state).toBe('half-open'), { timeout: 5_000 });
    expect(await call()).toBe(200);
    expect([guard.state, provider.calls]).toEqual(['closed', 6]);
  });
});
