import type { FastifyRequest } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './problem.error.js';
import { RefusalLog } from './refusal.log.js';

const request = (key?: string): FastifyRequest => ({ method: 'POST', routeOptions: { url: '/v1/events' }, apiKey: key === undefined ? undefined : { id: key }, headers: { authorization: 'Bearer ph_secret_hunter2' }, ip: '192.0.2.7' }) as unknown as FastifyRequest;
const problem = (status: number, code: string): Problem => new Problem({ status, code, title: code });

describe('the log of refused callers', () => {
  let lines: Record<string, unknown>[];
  let log: RefusalLog;
  beforeEach(() => {
    vi.useFakeTimers();
    lines = [];
    log = new RefusalLog({ warn: (line: Record<string, unknown>) => lines.push(line) });
  });
  afterEach(() => vi.useRealTimers());

  it('tells of the first at once, and of the thousand that follow in one line', () => {
    for (let times = 0; times < 1_001; times += 1) log.note(problem(401, 'key-unknown'), request());
    expect(lines).toEqual([{ msg: 'a caller was refused', code: 'key-unknown', method: 'POST', route: '/v1/events', times: 1 }]);
    vi.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ code: 'key-unknown', times: 1_000 });
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(2);
  });

  it('tells apart what was refused, and whose known key it was', () => {
    log.note(problem(403, 'scope-missing'), request('acme-page'));
    log.note(problem(403, 'scope-missing'), request('acme-shop'));
    log.note(problem(429, 'rate-limited'), request('acme-shop'));
    expect(lines.map(({ code, key }) => [code, key])).toEqual([['scope-missing', 'acme-page'], ['scope-missing', 'acme-shop'], ['rate-limited', 'acme-shop']]);
  });

  it('says nothing of mistakes, and never a secret or an address', () => {
    log.note(problem(422, 'validation-failed'), request());
    log.note(problem(404, 'not-found'), request());
    expect(lines).toEqual([]);
    log.note(problem(401, 'key-unknown'), request());
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|192\.0\.2\.7/);
  });

  it('keeps no more than two hundred kinds in mind', () => {
    for (let id = 0; id < 1_000; id += 1) log.note(problem(403, 'scope-missing'), request(`key-${id}`));
    expect(lines).toHaveLength(200);
  });
});
