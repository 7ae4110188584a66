import type { FastifyInstance } from 'fastify';
import { routeConfig } from './route.config.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by @TakesBytes(). */
    bytesOnly?: { limitBytes: number };
  }
}

/** The handler gets the body's bytes as `request.rawBody`, not parsed and whatever they are: a signature has to be verified first. */
export const TakesBytes = (limitBytes: number): MethodDecorator => routeConfig({ bytesOnly: { limitBytes } });

/** To be added before the routes are. */
export function limitRawBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const limit = route.config?.bytesOnly?.limitBytes;
    if (limit !== undefined) route.bodyLimit = limit;
  });
}
