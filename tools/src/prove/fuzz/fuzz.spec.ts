import type { DescribedApi } from '@posthorn/testing';
import { describe, expect, it } from 'vitest';
import { CaseMaker } from './fuzz.case.js';
import { FuzzJudge } from './fuzz.judge.js';
import { curlOfRequest, type FuzzRequest } from './fuzz.request.js';
import { AnswerReader } from './wire.answer.js';
import type { Sent } from './wire.client.js';

const document: DescribedApi = {
  info: { title: 'Things' },
  components: { schemas: { Problem: { type: 'object', required: ['code'] } } },
  paths: {
    '/things/{id}': {
      get: {
        operationId: 'get-things-id', security: [], parameters: [],
        responses: { 200: { content: { 'application/json': { schema: { type: 'object', properties: { ok: { type: 'boolean' } }, additionalProperties: false } } } } },
        'x-examples': [{ title: 'One', path: { id: '1' }, status: 200 }],
      },
    },
  },
};
const services = [{ name: 'things', document }];
const judge = new FuzzJudge(services, ['the-secret']);
const request: FuzzRequest = { service: 'things', method: 'GET', path: '/things/1', query: '', headers: [['Authorization', 'Bearer the-secret']], body: undefined, wire: 'plain' };
const answered = (status: number, body: string, headers: [string, string][] = []): Sent => ({ answer: { status, body, reusable: true, headers: new Map([['x-content-type-options', 'nosniff'], ['content-type', 'application/json'], ...headers]) } });

describe('the fuzzer', () => {
  it('makes the same request of the same seed and number, and others of others', () => {
    const of = (seed: number, number: number) => {
      const maker = new CaseMaker(seed, services, ['a', 'b', 'c']);
      const one = maker.make(number);
      return JSON.stringify(maker.requestOf(one, one.mutations));
    };
    expect(of(1, 7)).toBe(of(1, 7));
    expect(new Set(Array.from({ length: 60 }, (_, number) => of(1, number))).size).toBeGreaterThan(20);
    expect(Array.from({ length: 60 }, (_, number) => of(2, number))).not.toEqual(Array.from({ length: 60 }, (_, number) => of(1, number)));
  });

  it('is content with what is described, and complains of everything else', () => {
    const said = (sent: Sent, of = request): string => judge.complaintsAbout(of, sent).join('; ');
    expect(said(answered(200, '{"ok":true}'))).toBe('');
    expect(said(answered(200, '{"ok":true,"more":1}'))).toContain('not as described');
    expect(said(answered(201, '{}'))).toContain('201 is not described');
    expect(said(answered(200, '{}', [['content-type', 'text/plain']]))).toContain('of the type text/plain');
    expect(said(answered(500, '{}'))).toContain('was answered 500');
    expect(said(answered(503, '{}'))).toContain('was answered 503');
    expect(said(answered(200, '{"ok":"the-secret"}'))).toContain('a secret');
    expect(said(answered(404, '{"code":"x","was":"zq7mark@example.com"}', [['content-type', 'application/problem+json']]))).toContain('says what was sent');
    expect(said(answered(200, '{}', [['x-content-type-options', '']]))).toContain('security headers');
    expect(said({ hung: true })).toContain('hung');
    expect(said({ closed: true })).toContain('closed');
    expect(said({ closed: true }, { ...request, wire: 'cut-off' })).toBe('');
  });

  it('shows a request as curl, without its keys', () => {
    expect(curlOfRequest({ ...request, body: Buffer.from("it's") }, 'http://here', ['the-secret'])).toBe(`curl -i --path-as-is -X 'GET' 'http://here/things/1' -H 'Authorization: Bearer $KEY_0' --data-binary 'it'\\''s'`);
  });
});

describe('an answer on the wire', () => {
  const read = (text: string, bodiless = false, skip = 0) => {
    const reader = new AnswerReader(bodiless, skip);
    for (const letter of text) {
      const answer = reader.take(Buffer.from(letter));
      if (answer !== undefined) return answer;
    }
    return reader.end();
  };

  it('is read whole, however it comes', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')).toMatchObject({ status: 200, body: 'hi', reusable: true });
    expect(read('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n')).toMatchObject({ status: 200, body: 'hi' });
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', true)).toMatchObject({ status: 200, body: '' });
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 404 No\r\nContent-Length: 1\r\nConnection: close\r\n\r\nb', false, 1)).toMatchObject({ status: 404, body: 'b', reusable: false });
    expect(read('HTTP/1.1 200 OK\r\n\r\nuntil the end')).toMatchObject({ body: 'until the end' });
    expect(read('nonsense')).toMatchObject({ status: 0 });
  });
});
