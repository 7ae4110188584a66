import type { ApiKey, RateLimit } from '@posthorn/http';
import { z } from 'zod';

/** How much may come; `burst` is the most at once, `perSecond` what may come for good. */
const rateLimit = z.strictObject({
  perSecond: z.number().positive().max(1_000_000),
  burst: z.int().min(1).max(1_000_000),
});

const proxy = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6(), z.enum(['loopback', 'linklocal', 'uniquelocal'])], {
  error: 'must be an address, a range such as 10.0.0.0/8, or loopback, linklocal or uniquelocal',
});

export const limitSettings = z.strictObject({
  /** Of events, for each key. */
  perKey: rateLimit.default({ perSecond: 1_000, burst: 10_000 }),
  /** Of requests that come without a key, or with one that is none. */
  perAddress: rateLimit.default({ perSecond: 50, burst: 1_000 }),
  /** Open at once; more are closed. Those of trusted proxies do not count. */
  connectionsPerAddress: z.int().min(1).max(1_000_000).default(1_000),
  /** Whose X-Forwarded-For is believed. */
  trustedProxies: z.array(proxy).max(100).default([]),
});

/** Other limits for the keys of one site. */
export const siteLimitSettings = z.strictObject({
  perKey: rateLimit.optional(),
  /** Of single keys, by their id. */
  keys: z.record(z.string().min(1).max(100), rateLimit).default({}),
});

export type LimitSettings = z.infer<typeof limitSettings>;
export type SiteLimitSettings = z.infer<typeof siteLimitSettings>;

/** The most particular limit there is for a key. */
export function limitOfKey({ perKey }: LimitSettings, sites: Readonly<Record<string, { limits?: SiteLimitSettings }>>): (key: ApiKey) => RateLimit {
  const bySite = new Map(Object.entries(sites).map(([site, { limits }]) => [site, { perKey: limits?.perKey, keys: new Map(Object.entries(limits?.keys ?? {})) }]));
  return ({ site = '', id }) => {
    const own = bySite.get(site);
    return own?.keys.get(id) ?? own?.perKey ?? perKey;
  };
}
