import { SetMetadata } from '@nestjs/common';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Problem } from './problem.error.js';

const BATCHES = 'posthorn:batches';
const DEFAULT_AT_ONCE_BYTES = 64 * 1024 * 1024;

export interface BatchLimits {
  /** Of a body that is a list. One that is not has the limit of all bodies. */
  bodyLimitBytes: number;
  /** What the long bodies that are being read may have together, 64 MiB unless given; more get 503. */
  atOnceBytes?: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by @TakesBatches(). */
    batches?: BatchLimits;
  }
}

/**
 * This handler takes lists, longer than other bodies. Of a list nothing is checked but that it is JSON: the handler
 * checks each item with `findBadShapes`, so that one item's fault is not another's. Needs @RequireKey() on the controller.
 */
export const TakesBatches = (limits: BatchLimits): MethodDecorator => SetMetadata(BATCHES, limits);

export function batchLimitsOf(handler: object): BatchLimits | undefined {
  return Reflect.getMetadata(BATCHES, handler) as BatchLimits | undefined;
}

/** To be added before the routes are. `ordinaryBytes`: the limit of all other bodies. */
export function limitBatches(fastify: FastifyInstance, ordinaryBytes: number): void {
  fastify.addHook('onRoute', (route) => {
    const { bodyLimitBytes, atOnceBytes = DEFAULT_AT_ONCE_BYTES } = route.config?.batches ?? {};
    if (bodyLimitBytes === undefined) return;
    route.bodyLimit = bodyLimitBytes;
    let taken = 0;
    const take = ({ raw }: FastifyReply, bytes: number): boolean => {
      if (taken + bytes > atOnceBytes) return false;
      taken += bytes;
      raw.once('close', () => (taken -= bytes));
      return true;
    };
    // What a single event may have is never waited for; only what goes beyond that is counted.
    route.preParsing = (request, reply, payload, done) => {
      const declared = request.headers['content-length'];
      if (declared === undefined) countAsItComes(payload, ordinaryBytes, () => take(reply, bodyLimitBytes));
      const refused = declared !== undefined && Number(declared) > ordinaryBytes && !take(reply, Number(declared));
      done(refused ? tooMuchAtOnce() : null, payload);
    };
  });
}

function countAsItComes(payload: NodeJS.EventEmitter, ordinaryBytes: number, take: () => boolean): void {
  let received = 0;
  payload.on('data', ({ length }: Buffer) => {
    const before = received;
    received += length;
    if (before <= ordinaryBytes && received > ordinaryBytes && !take()) payload.emit('error', tooMuchAtOnce());
  });
}

function tooMuchAtOnce(): Problem {
  return new Problem({
    status: 503, code: 'temporarily-unavailable', title: 'Too many long bodies are being read at the moment',
    detail: 'Send the same request again shortly, or fewer events in one.', retryAfterSeconds: 1,
  });
}
