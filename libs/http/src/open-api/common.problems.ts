import type { Route } from '../route.catalogue.js';

export type Problems = Readonly<Record<number, readonly string[]>>;

/** What any request can be answered, before or after it has reached a handler. */
export const OF_EVERY_ROUTE: Problems = {
  400: ['host-missing', 'malformed-http', 'malformed-request', 'malformed-url'],
  408: ['request-timeout'],
  413: ['body-too-large'],
  414: ['url-too-long'],
  415: ['unsupported-content-encoding'],
  417: ['expectation-failed'],
  431: ['headers-too-large'],
  500: ['internal-error'],
  503: ['temporarily-unavailable'],
};

const WITH_BODY: Problems = {
  400: ['content-length-mismatch', 'empty-body', 'invalid-encoding', 'malformed-json', 'unsafe-json'],
  415: ['unsupported-charset', 'unsupported-media-type'],
};
const WITH_FORMS: Problems = { 413: ['form-too-large'] };
// A web page's key has no scope but one, so any other route can say that it lacks one.
const WITH_KEY: Problems = { 401: ['key-expired', 'key-malformed', 'key-missing', 'key-mistyped', 'key-unknown'], 403: ['scope-missing'], 503: ['keys-not-loaded'] };
const WITH_TOKENS: Problems = { 401: ['token-expired', 'token-invalid'], 403: ['nothing-granted'], 503: ['issuer-unreachable'] };
const WITH_LIMITS: Problems = { 429: ['rate-limited'] };
const FROM_BROWSERS: Problems = { 403: ['origin-not-allowed'] };

// For an address that ends where the parameter should be.
const WITH_PARAMETERS: Problems = { 404: ['not-found'] };

const BODILESS: readonly string[] = ['GET', 'HEAD'];

export interface Nature {
  forms: boolean;
  tokens: boolean;
  /** Whether callers are counted. */
  limited?: boolean;
}

/** What a route can be answered for what it is. */
export function problemsByNature({ method, url, config: { requiredKey } }: Route, { forms, tokens, limited = false }: Nature): Problems[] {
  const takesBody = !BODILESS.includes(method);
  return [
    OF_EVERY_ROUTE,
    ...(url.includes(':') ? [WITH_PARAMETERS] : []),
    ...(takesBody ? [WITH_BODY] : []),
    ...(takesBody && forms ? [WITH_FORMS] : []),
    ...(requiredKey === undefined ? [] : [WITH_KEY]),
    ...(requiredKey !== undefined && tokens ? [WITH_TOKENS] : []),
    ...(limited ? [WITH_LIMITS] : []),
    ...(requiredKey?.browsers === true ? [FROM_BROWSERS] : []),
  ];
}

/** All of them together: each status with its codes in the order of the alphabet. */
export function joined(problems: readonly Problems[]): [status: number, codes: string[]][] {
  const all = new Map<number, Set<string>>();
  for (const one of problems) {
    for (const [status, codes] of Object.entries(one)) all.set(Number(status), new Set([...(all.get(Number(status)) ?? []), ...codes]));
  }
  return [...all].map(([status, codes]): [number, string[]] => [status, [...codes].sort()]).sort(([a], [b]) => a - b);
}
