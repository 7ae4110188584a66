import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable, Optional, SetMetadata, UseGuards } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { batchLimitsOf } from './batch.bodies.js';
import { callerOf, type KnownCallers } from './caller.check.js';
import type { HttpRequest } from './http.types.js';
import { type ApiKey, KeyRing } from './key.ring.js';
import { TokenVerifier } from './open-id/token.verifier.js';

const SCOPE = 'posthorn:scope';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by @RequireKey(): the key is checked before the body is read. */
    requiredKey?: { scope: string | undefined };
  }
}

/** Only keys with this scope may call the handler; others get 403. Stands on a handler of a @RequireKey() controller. */
export const RequireScope = (scope: string): MethodDecorator => SetMetadata(SCOPE, scope);

/** The handlers of this controller are for holders of a key; others get 401 before a byte of their body is read. */
export function RequireKey(): ClassDecorator {
  return (controller) => {
    UseGuards(ApiKeyGuard)(controller);
    const handlers = controller.prototype as object;
    for (const name of Object.getOwnPropertyNames(handlers)) {
      const value: unknown = Reflect.get(handlers, name);
      if (!isMethod(value) || value === controller) continue;
      const scope = Reflect.getMetadata(SCOPE, value) as string | undefined;
      RouteConfig({ requiredKey: { scope }, batches: batchLimitsOf(value) })(value);
    }
  };
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what Nest's decorators take
const isMethod = (value: unknown): value is Function => typeof value === 'function';

/** Who called, by key or token, behind @RequireKey(). */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): ApiKey => {
  const key = context.switchToHttp().getRequest<HttpRequest>().apiKey;
  if (key === undefined) throw new TypeError('@Caller() needs @RequireKey() on the controller.');
  return key;
});

/** For @RequireKey(); to be added before the routes are. */
export function checkKeysBeforeBodies(fastify: FastifyInstance, known: KnownCallers): void {
  fastify.addHook('onRoute', (route) => {
    const required = route.config?.requiredKey;
    if (required === undefined) return;
    route.onRequest = async (request) => {
      request.apiKey = await callerOf(known, request.headers.authorization, required.scope);
    };
  });
}

/** The same check once more, for a handler that Fastify was not told of. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    readonly keys: KeyRing,
    private readonly reflector: Reflector,
    @Optional() readonly tokens?: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const scope = this.reflector.get<string | undefined>(SCOPE, context.getHandler());
    request.apiKey ??= await callerOf(this, request.headers.authorization, scope);
    return true;
  }
}
