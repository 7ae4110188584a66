import { type RateLimitReport, rateLimitOf } from '@posthorn/resilience';

/**
 * HubSpot tells with every answer what is left of its rolling window of ten seconds. The window never ends at once,
 * so its whole length is what one waits at most. What is left of the day has no time at which it returns: its 429
 * says so by itself.
 */
export function hubSpotRateLimit(headers: Headers): RateLimitReport | undefined {
  const number = (name: string): number => Number(headers.get(`x-hubspot-ratelimit-${name}`) ?? Number.NaN);
  const [remaining, resetMs, limit] = [number('remaining'), number('interval-milliseconds'), number('max')];
  if (Number.isNaN(remaining) || Number.isNaN(resetMs)) return rateLimitOf(headers);
  return { remaining, resetMs, limit: Number.isNaN(limit) ? undefined : limit };
}
