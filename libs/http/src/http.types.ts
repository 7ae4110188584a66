import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKey } from './key.ring.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The bytes of the body as they came, for hashes and signatures. */
    rawBody?: Buffer;
    /** Who calls; set by @RequireKey(). */
    apiKey?: ApiKey;
  }
}

export type HttpRequest = FastifyRequest;
export type HttpReply = FastifyReply;
