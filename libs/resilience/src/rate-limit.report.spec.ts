import { describe, expect, it } from 'vitest';
import { rateLimitOf, retryAfterMs } from './rate-limit.report.js';

const now = Date.parse('2026-11-22T10:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['7', 7_000],
    ['0.5', 500],
    ['Sun, 22 Nov 2026 10:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
  ])('%j means %s ms', (value, expected) => {
    expect(retryAfterMs(new Headers({ 'retry-after': value }), now)).toBe(expected);
  });
});

describe('what a provider says is left of its limit', () => {
  it.each<[string, Record<string, string>, object | undefined]>([
    ['nothing', {}, undefined],
    ['the IETF draft', { ratelimit: '"default";r=50;t=30', 'ratelimit-policy': '"default";q=100;w=60' }, { remaining: 50, resetMs: 30_000, limit: 100 }],
    ['a policy alone tells the window', { ratelimit: '"burst";r=3', 'ratelimit-policy': '"burst";q=10;w=2' }, { remaining: 3, resetMs: 2_000, limit: 10 }],
    ['the tightest of several', { ratelimit: '"burst";r=9;t=1, "day";r=4;t=3600' }, { remaining: 4, resetMs: 3_600_000 }],
    ['the older draft', { ratelimit: 'limit=100, remaining=20, reset=5' }, { remaining: 20, resetMs: 5_000, limit: 100 }],
    ['separate headers', { 'ratelimit-limit': '100', 'ratelimit-remaining': '20', 'ratelimit-reset': '5' }, { remaining: 20, resetMs: 5_000, limit: 100 }],
    ['a time in seconds', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 60) }, { remaining: 0, resetMs: 60_000 }],
    ['a time in milliseconds', { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(now + 1_500) }, { remaining: 0, resetMs: 1_500 }],
    ['Retry-After on a success', { 'retry-after': '3', 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': '1' }, { remaining: 0, resetMs: 3_000 }],
    ['half a sentence', { 'x-ratelimit-remaining': '5', ratelimit: 'r=x' }, undefined],
  ])('is read from %s', (_what, headers, expected) => {
    const report = rateLimitOf(new Headers(headers), now);
    if (expected === undefined) expect(report).toBeUndefined();
    else expect(report).toMatchObject(expected);
  });
});
