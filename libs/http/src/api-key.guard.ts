import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable, Optional, SetMetadata, UseGuards } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { batchLimitsOf } from './batch.bodies.js';
import { callerOf, type KnownCallers, type RequiredKey } from './caller.check.js';
import { answerPreflights, letRead, varyByOrigin } from './cross-origin.answers.js';
import type { HttpReply, HttpRequest } from './http.types.js';
import { type ApiKey, KeyRing } from './key.ring.js';
import { limitKey, limitStranger } from './limits/request.limits.js';
import type { RateLimiter } from './limits/rate.limiter.js';
import { TokenVerifier } from './open-id/token.verifier.js';
import { Problem } from './problem.error.js';
import { configureRoute } from './route.config.js';

const SCOPE = 'posthorn:scope';
const BROWSERS = 'posthorn:browsers';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by @RequireKey(): the key is checked before the body is read. */
    requiredKey?: RequiredKey;
  }
}

/** Only keys with this scope may call the handler; others get 403. Stands on a handler of a @RequireKey() controller. */
export const RequireScope = (scope: string): MethodDecorator => SetMetadata(SCOPE, scope);

/** Pages may call this handler with a key of kind `browser`, from the origins of that key. No other handler takes such a key. */
export const FromBrowsers = (): MethodDecorator => SetMetadata(BROWSERS, true);

/** The handlers of this controller are for holders of a key; others get 401 before a byte of their body is read. */
export function RequireKey(): ClassDecorator {
  return (controller) => {
    UseGuards(ApiKeyGuard)(controller);
    const handlers = controller.prototype as object;
    for (const name of Object.getOwnPropertyNames(handlers)) {
      const value: unknown = Reflect.get(handlers, name);
      if (!isMethod(value) || value === controller) continue;
      configureRoute(value, { requiredKey: requiredBy(value), batches: batchLimitsOf(value) });
    }
  };
}

function requiredBy(handler: object): RequiredKey {
  return { scope: Reflect.getMetadata(SCOPE, handler) as string | undefined, browsers: Reflect.getMetadata(BROWSERS, handler) === true };
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what Nest's decorators take
const isMethod = (value: unknown): value is Function => typeof value === 'function';

/** Who called, by key or token, behind @RequireKey(). */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): ApiKey => {
  const key = context.switchToHttp().getRequest<HttpRequest>().apiKey;
  if (key === undefined) throw new TypeError('@Caller() needs @RequireKey() on the controller.');
  return key;
});

/** For @RequireKey(); to be added before the routes are. With a limiter, callers are counted as soon as they are known. */
export function checkKeysBeforeBodies(fastify: FastifyInstance, known: KnownCallers, limiter?: RateLimiter): void {
  const identify = async (request: HttpRequest, reply: HttpReply, required: RequiredKey): Promise<ApiKey> => {
    try {
      request.apiKey = await callerOf(known, request.headers, required);
    } catch (error) {
      if (limiter !== undefined) await limitStranger(limiter, request, reply);
      throw error;
    }
    if (limiter !== undefined) await limitKey(limiter, request.apiKey, request, reply);
    return request.apiKey;
  };
  const openToBrowsers = new Set<string>();
  answerPreflights(fastify, known.keys, (method, path) => openToBrowsers.has(`${method} ${path}`));
  fastify.addHook('onRoute', (route) => {
    const required = route.config?.requiredKey;
    if (required === undefined) return;
    if (!required.browsers) {
      route.onRequest = async (request, reply) => {
        await identify(request, reply, required);
      };
      return;
    }
    for (const method of [route.method].flat()) openToBrowsers.add(`${method} ${route.url}`);
    route.onRequest = async (request, reply) => {
      const { origin } = request.headers;
      varyByOrigin(reply);
      let caller: ApiKey;
      try {
        caller = await identify(request, reply, required);
      } catch (error) {
        // A page that comes with a key of yesterday should be able to tell that from a network that is down.
        if (error instanceof Problem && error.status !== 403 && origin !== undefined && known.keys.knowsOrigin(origin)) letRead(reply, origin);
        throw error;
      }
      if (caller.origins !== undefined) letRead(reply, origin);
    };
  });
}

/** The same check once more, for a handler that Fastify was not told of. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    readonly keys: KeyRing,
    @Optional() readonly tokens?: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    request.apiKey ??= await callerOf(this, request.headers, requiredBy(context.getHandler()));
    return true;
  }
}
