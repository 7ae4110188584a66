import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { KeyRing } from './key.ring.js';

/** What a page may send besides what browsers always let it. */
const REQUEST_HEADERS = 'authorization, content-type, idempotency-key, traceparent';
/** What a page may read of an answer besides what browsers always let it. */
const ANSWER_HEADERS = 'idempotent-replayed, location, ratelimit, ratelimit-policy, retry-after';
/** Chromium remembers a preflight for two hours at most; a revoked key should not be asked about for longer. */
const REMEMBERED_SECONDS = 600;

/** Whether pages may call this method of this path. */
export type OpenToBrowsers = (method: string, path: string) => boolean;

/**
 * Preflights of pages that may call: they carry no key, so the origins of all keys count; the key's own are looked at
 * when the request itself comes. Whoever else asks gets the same answer as before there were any.
 */
export function answerPreflights(fastify: FastifyInstance, keys: KeyRing, open: OpenToBrowsers): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { origin, 'access-control-request-method': method } = request.headers;
    const asked = request.method === 'OPTIONS' && origin !== undefined && method !== undefined;
    if (!asked || !keys.knowsOrigin(origin) || !open(method, request.url.split('?', 1)[0] ?? '')) {
      done();
      return;
    }
    letRead(reply, origin);
    void reply
      .headers({ 'access-control-allow-methods': method, 'access-control-allow-headers': REQUEST_HEADERS, 'access-control-max-age': String(REMEMBERED_SECONDS) })
      .header('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
      .code(204)
      .send();
  });
}

/** Whatever is answered depends on the origin, also for caches that see no other. */
export function varyByOrigin(reply: FastifyReply): void {
  reply.header('vary', 'Origin');
}

/** Lets the page that called read the answer. Never with cookies: a key is shown openly or not at all. */
export function letRead(reply: FastifyReply, origin: FastifyRequest['headers']['origin']): void {
  if (origin !== undefined) reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': ANSWER_HEADERS });
}
