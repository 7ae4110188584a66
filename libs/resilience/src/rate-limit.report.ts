/** What a provider says of its own limit, on any answer. */
export interface RateLimitReport {
  /** Calls that are left in the provider's window. */
  readonly remaining: number;
  /** Until the window is renewed. */
  readonly resetMs: number;
  /** Calls in a whole window. */
  readonly limit?: number;
}

export type ReportRateLimit = (report: RateLimitReport | undefined) => void;

/** The three separate headers have had these names: an early draft's, GitHub's and many others', Okta's. */
const PREFIXES = ['ratelimit-', 'x-ratelimit-', 'x-rate-limit-'];

/**
 * Reads `RateLimit` and `RateLimit-Policy` (the IETF draft, in its list and its older form), the separate
 * `…-Limit`, `…-Remaining` and `…-Reset`, and `Retry-After`. The tightest of several limits counts.
 */
export function rateLimitOf(headers: Headers, now: number = Date.now()): RateLimitReport | undefined {
  const wait = retryAfterMs(headers, now);
  const told = [
    ...(wait === undefined || wait === 0 ? [] : [{ remaining: 0, resetMs: wait }]),
    ...ofDraft(headers),
    ...PREFIXES.flatMap((prefix) => ofSeparate(headers, prefix, now) ?? []),
  ];
  return told.length === 0 ? undefined : told.reduce((tightest, next) => (next.remaining < tightest.remaining ? next : tightest));
}

/** `Retry-After` as seconds or as an HTTP date, in milliseconds; undefined when absent or unreadable. */
export function retryAfterMs(headers: Headers, now: number = Date.now()): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function ofDraft(headers: Headers): RateLimitReport[] {
  const value = headers.get('ratelimit');
  if (value === null) return [];
  const policies = new Map((headers.get('ratelimit-policy') ?? '').split(',').map((item) => [nameOf(item), parametersOf(item)]));
  // The older form has commas between its parameters: `limit=100, remaining=50, reset=5`.
  const items = value.includes('remaining=') ? [value] : value.split(',');
  return items.flatMap((item) => {
    const said = parametersOf(item);
    const policy = policies.get(nameOf(item));
    return reportOf(said.get('r') ?? said.get('remaining'), said.get('t') ?? said.get('reset') ?? policy?.get('w'), policy?.get('q') ?? said.get('limit')) ?? [];
  });
}

const nameOf = (item: string): string => (item.split(';', 1)[0] ?? '').trim().replaceAll('"', '');

function parametersOf(item: string): Map<string, number> {
  return new Map([...item.matchAll(/([a-z]+)\s*=\s*"?(\d+)/gi)].map(([, key = '', value]) => [key.toLowerCase(), Number(value)]));
}

function ofSeparate(headers: Headers, prefix: string, now: number): RateLimitReport | undefined {
  const number = (name: string): number | undefined => {
    const value = Number.parseFloat(headers.get(prefix + name) ?? '');
    return Number.isFinite(value) ? value : undefined;
  };
  const reset = number('reset');
  return reportOf(number('remaining'), reset === undefined ? undefined : secondsUntil(reset, now), number('limit'));
}

/** Some say how long, some say when, in seconds or milliseconds. */
function secondsUntil(reset: number, now: number): number {
  if (reset < 1e9) return reset;
  return Math.max(0, (reset < 1e12 ? reset * 1000 : reset) - now) / 1000;
}

function reportOf(remaining: number | undefined, seconds: number | undefined, limit: number | undefined): RateLimitReport | undefined {
  if (remaining === undefined || seconds === undefined) return undefined;
  return { remaining, resetMs: Math.ceil(seconds * 1000), limit };
}
