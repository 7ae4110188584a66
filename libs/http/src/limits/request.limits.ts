import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKey } from '../key.ring.js';
import { Problem } from '../problem.error.js';
import { routeConfig } from '../route.config.js';
import type { LeasedBucket, Verdict } from './leased.bucket.js';
import type { RateLimiter } from './rate.limiter.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by @FreeWhenAccepted(). */
    freeWhenAccepted?: boolean;
    /** Set by @Uncounted(). */
    uncounted?: boolean;
  }
  interface FastifyRequest {
    /** By what the request was counted, as the headers of its answer tell. */
    countedBy?: readonly CountedBy[];
  }
}

export interface CountedBy {
  policy: 'key' | 'address';
  bucket: LeasedBucket;
}

/** What watches over us asks often, and must be answered when everything else is too much. */
const UNLIMITED: ReadonlySet<string | undefined> = new Set(['/live', '/ready', '/metrics']);

/** What this handler accepts counts nothing against its sender's address: they have proven who they are by what they sent. */
export const FreeWhenAccepted = (): MethodDecorator => routeConfig({ freeWhenAccepted: true });

/** To answer this takes less than to count it. */
export const Uncounted = (): MethodDecorator => routeConfig({ uncounted: true });

/** Counts, before the body is read, what comes without a key by its sender's address. To be added before the routes are. */
export function limitAddresses(fastify: FastifyInstance, limiter: RateLimiter): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { config, url } = request.routeOptions;
    if (config.requiredKey !== undefined || config.uncounted === true || UNLIMITED.has(url)) {
      done();
      return;
    }
    count(request, reply, [{ policy: 'address', bucket: limiter.ofAddress(request.ip) }]).then(() => done(), done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    if (request.routeOptions.config.freeWhenAccepted === true && reply.statusCode < 400) request.countedBy?.[0]?.bucket.giveBack();
    done();
  });
}

/** Counts a request by the key that it came with. A page's key is everybody's, so their address counts too. */
export function limitKey(limiter: RateLimiter, key: ApiKey, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const byKey: CountedBy = { policy: 'key', bucket: limiter.ofKey(key) };
  if (key.origins === undefined) return count(request, reply, [byKey]);
  return count(request, reply, [{ policy: 'address', bucket: limiter.ofAddress(request.ip) }, byKey]);
}

/** Counts who came with no key that we know, so that nobody guesses for long. */
export function limitStranger(limiter: RateLimiter, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  return count(request, reply, [{ policy: 'address', bucket: limiter.ofAddress(request.ip) }]);
}

/** For a handler whose one request asks for as much as several. Throws 429 before any of it is done. */
export async function countMore(request: FastifyRequest, reply: FastifyReply, more: number): Promise<void> {
  const counted = request.countedBy?.at(-1);
  if (counted === undefined || more < 1) return;
  const verdict = await counted.bucket.takeMany(more);
  describe(request, reply);
  if (!verdict.taken) throw rateLimited(counted, verdict);
}

async function count(request: FastifyRequest, reply: FastifyReply, by: readonly CountedBy[]): Promise<void> {
  request.countedBy = by;
  let refused: Problem | undefined;
  for (const one of by) {
    const taking = one.bucket.take();
    const verdict = taking instanceof Promise ? await taking : taking;
    if (verdict.taken) continue;
    refused = rateLimited(one, verdict);
    break;
  }
  describe(request, reply);
  if (refused !== undefined) throw refused;
}

/** As draft-ietf-httpapi-ratelimit-headers has it. A bucket's window is the time in which it fills. */
function describe({ countedBy = [] }: FastifyRequest, reply: FastifyReply): void {
  let policies = '';
  let states = '';
  for (const { policy, bucket } of countedBy) {
    const { burst, perSecond } = bucket.limit;
    const remaining = bucket.remaining;
    const between = policies === '' ? '' : ', ';
    policies += `${between}"${policy}";q=${burst};w=${Math.ceil(burst / perSecond)}`;
    states += `${between}"${policy}";r=${remaining};t=${Math.ceil((burst - remaining) / perSecond)}`;
  }
  reply.header('ratelimit-policy', policies).header('ratelimit', states);
}

function rateLimited({ policy, bucket }: CountedBy, { waitMs }: Extract<Verdict, { taken: false }>): Problem {
  const whose = policy === 'key' ? 'This key' : 'This address';
  const { burst, perSecond } = bucket.limit;
  const limit = `${whose} may send ${burst} at once and ${perSecond} a second; a list counts as many as it has events.`;
  const never = waitMs === Infinity;
  return new Problem({
    status: 429, code: 'rate-limited', title: 'Too many requests',
    detail: `${limit} ${never ? 'Send a shorter list.' : 'Send the same request again after Retry-After.'}`,
    retryAfterSeconds: never ? undefined : Math.max(1, Math.ceil(waitMs / 1_000)),
  });
}
