import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventData, WebsiteEventType } from '@posthorn/contracts';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import type { SiteEvents } from './event.types.js';
import { retryAfterOf, waitBefore } from './patience.js';
import { Posthorn, type PosthornOptions } from './posthorn.client.js';

interface Heard {
  headers: IncomingMessage['headers'];
  body: unknown;
}

type Answer = (response: ServerResponse, heard: Heard) => unknown;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => (response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const accepted = json(202, { id: 'an-id', acceptedAt: '2026-11-22T16:23:20.658Z' });
const unavailable = json(503, { code: 'temporarily-unavailable', title: 'Not now' });
const lead = { person: { email: 'ada@example.com' } };

describe('Posthorn', () => {
  let server: Server | undefined;
  let heard: Heard[] = [];
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    heard = [];
    vi.unstubAllGlobals();
  });

  /** Answers in turn; the last answer again and again. */
  const client = async (answers: Answer[], options: Partial<PosthornOptions> = {}): Promise<Posthorn> => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const one = { headers: request.headers, body: JSON.parse(text) as unknown };
        heard.push(one);
        (answers.length > 1 ? answers.shift() : answers[0])?.(response, one);
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return new Posthorn({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'ph_x', ...options });
  };

  it('sends the type, the data and the attributes that are given, and no others', async () => {
    const posthorn = await client([accepted]);
    expect(await posthorn.send('lead.submitted', lead, { subject: 'house 7', correlationId: 'visit-1' })).toEqual({ id: 'an-id', acceptedAt: '2026-11-22T16:23:20.658Z', replayed: false });
    expect(heard[0]?.body).toEqual({ type: 'lead.submitted', data: lead, subject: 'house 7', correlationid: 'visit-1' });
    expect(heard[0]?.headers).toMatchObject({ authorization: 'Bearer ph_x' });
  });

  it.each([408, 429, 500, 502, 503, 504])('sends the same again, to the byte and under the same key, after a %i', async (status) => {
    const posthorn = await client([json(status, {}), accepted]);
    await posthorn.send('lead.submitted', lead);
    expect(heard).toHaveLength(2);
    expect(heard[1]?.headers['idempotency-key']).toBe(heard[0]?.headers['idempotency-key']);
    expect(heard[1]?.body).toEqual(heard[0]?.body);
  });

  it.each([400, 401, 403, 404, 409, 413, 415, 422])('does not repeat what is answered with %i', async (status) => {
    const posthorn = await client([json(status, { code: 'a-code', title: 'No', detail: 'Because.' })]);
    await expect(posthorn.send('lead.submitted', lead)).rejects.toMatchObject({ name: 'PosthornProblem', status, code: 'a-code', message: 'No: Because.' });
    expect(heard).toHaveLength(1);
  });

  it('makes a key for every call', async () => {
    const posthorn = await client([accepted]);
    await posthorn.send('lead.submitted', lead);
    await posthorn.send('lead.submitted', lead);
    expect(heard[0]?.headers['idempotency-key']).not.toBe(heard[1]?.headers['idempotency-key']);
  });

  it('takes no success for one that Posthorn did not answer', async () => {
    const posthorn = await client([(response) => response.writeHead(200).end('<html>Sign in to the hotel network'), accepted]);
    expect((await posthorn.send('lead.submitted', lead)).id).toBe('an-id');
  });

  it('comes back no earlier than it was told to, and gives up rather than wait in vain', async () => {
    const posthorn = await client([json(429, { code: 'rate-limited', title: 'Too much' }, { 'retry-after': '3600' })]);
    await expect(posthorn.send('lead.submitted', lead)).rejects.toMatchObject({ name: 'PosthornUnreachable', attempts: 1, cause: { code: 'rate-limited' } });
    expect(heard).toHaveLength(1);
  });

  it('ends at once when it is told to, with the reason it is given', async () => {
    const posthorn = await client([unavailable]);
    const stop = new AbortController();
    const sent = posthorn.send('lead.submitted', lead, { signal: stop.signal });
    await vi.waitUntil(() => heard.length > 0);
    stop.abort(new Error('The page is left'));
    await expect(sent).rejects.toThrow('The page is left');
    await expect(posthorn.send('lead.submitted', lead, { signal: AbortSignal.abort('not even begun') })).rejects.toBe('not even begun');
  });

  it('follows no redirection with its key', async () => {
    const posthorn = await client([(response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()], { retryForMs: 0 });
    await expect(posthorn.send('lead.submitted', lead)).rejects.toMatchObject({ name: 'PosthornUnreachable' });
  });

  it('sends of a list only those again that could not be taken', async () => {
    const result = (status: number, place: number): unknown => (status === 202 ? { index: place, status, id: `id-${place}`, acceptedAt: 'now' } : { index: place, status, code: 'temporarily-unavailable', title: 'Not now' });
    const posthorn = await client([json(202, { results: [202, 503, 202].map(result) }), json(202, { results: [result(202, 0)] })]);
    const events = ['a', 'b', 'c'].map((name) => ({ type: 'lead.submitted' as const, data: { person: { email: `${name}@example.com` } } }));
    expect(await posthorn.sendBatch(events)).toMatchObject({ accepted: 3, results: [{ index: 0, id: 'id-0' }, { index: 1, id: 'id-0' }, { index: 2, id: 'id-2' }] });
    expect(heard[1]?.body).toEqual([(heard[0]?.body as unknown[])[1]]);
  });

  it('cuts a long list into parts that are taken, by number and by size', async () => {
    const each: Answer = (response, { body }) => json(202, { results: (body as unknown[]).map((_, index) => ({ index, status: 202, id: 'x', acceptedAt: 'now' })) })(response, { headers: {}, body });
    const posthorn = await client([each]);
    await posthorn.sendBatch(Array.from({ length: 2_001 }, () => ({ type: 'lead.submitted' as const, data: lead })));
    expect(heard.map(({ body }) => (body as unknown[]).length)).toEqual([1_000, 1_000, 1]);
    heard = [];
    const large = { ...lead, message: 'ü'.repeat(100_000) };
    expect((await posthorn.sendBatch(Array.from({ length: 50 }, () => ({ type: 'lead.submitted' as const, data: large })))).accepted).toBe(50);
    for (const { headers } of heard) expect(Number(headers['content-length'])).toBeLessThanOrEqual(5 * 1024 * 1024);
    expect(heard.length).toBe(2);
  });

  it('says of a list which events may still be sent, when time is up', async () => {
    const posthorn = await client([unavailable], { retryForMs: 0 });
    expect(await posthorn.sendBatch([{ type: 'lead.submitted', data: lead, idempotencyKey: 'mine' }])).toMatchObject({ accepted: 0, refused: 0, failed: 1, results: [{ status: 'failed', error: { idempotencyKey: 'mine' } }] });
  });

  it('refuses to have a secret key in a web page', () => {
    vi.stubGlobal('document', {});
    expect(() => new Posthorn({ url: 'https://events.acme.example', key: 'ph_secret_x' })).toThrow('not for web pages');
    expect(() => new Posthorn({ url: 'https://events.acme.example', key: 'ph_browser_x' })).not.toThrow();
  });

  it('knows the types that a website may report as the contract does', () => {
    expectTypeOf<keyof SiteEvents>().toEqualTypeOf<WebsiteEventType>();
    expectTypeOf<SiteEvents['order.paid']>().toEqualTypeOf<EventData<'order.paid'>>();
    expectTypeOf<Posthorn['send']>().toBeCallableWith('custom.survey_done', { anything: 1 });
  });
});

describe('waiting', () => {
  it('is spread from nothing to a bound that doubles, and never ends before the server wants it', () => {
    expect([0, 1, 2, 20].map((attempt) => waitBefore(attempt, 0, () => 1))).toEqual([250, 500, 1_000, 15_000]);
    expect([waitBefore(5, 0, () => 0), waitBefore(0, 2_000, () => 0.5)]).toEqual([0, 2_125]);
  });

  it('reads Retry-After as seconds and as a date', () => {
    const at = (value: string): number => retryAfterOf(new Headers({ 'retry-after': value }), Date.parse('2026-11-22T16:00:00Z'));
    expect([at('7'), at('Sun, 22 Nov 2026 16:00:09 GMT'), at('Sun, 22 Nov 2026 15:00:00 GMT'), at('soon'), retryAfterOf(new Headers())]).toEqual([7_000, 9_000, 0, 0, 0]);
  });
});
