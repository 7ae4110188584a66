import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { HttpRequest } from './http.types.js';
import { type ApiKey, KeyRing } from './key.ring.js';
import { Problem } from './problem.error.js';

const SCOPE = 'posthorn:scope';
const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i;

/** Only keys with this scope may call the handler; others get 403. */
export const RequireScope = (scope: string) => SetMetadata(SCOPE, scope);

/** The key that called, behind ApiKeyGuard. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): ApiKey => {
  const key = context.switchToHttp().getRequest<HttpRequest>().apiKey;
  if (key === undefined) throw new TypeError('@Caller() needs @UseGuards(ApiKeyGuard) on the handler.');
  return key;
});

/** Lets a request pass that carries `Authorization: Bearer <secret of a key on the ring>`. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly keys: KeyRing,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const key = this.authenticate(request.headers.authorization);
    const scope = this.reflector.getAllAndOverride<string | undefined>(SCOPE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (scope !== undefined && !key.scopes.includes(scope)) {
      throw new Problem({
        status: 403, code: 'scope-missing', title: 'The key may not do this',
        detail: `Use a key with the scope ${scope}.`,
      });
    }
    request.apiKey = key;
    return true;
  }

  private authenticate(header: string | undefined): ApiKey {
    if (header === undefined) {
      throw unauthenticated('key-missing', 'Send the key as "Authorization: Bearer <key>".', 'Bearer realm="posthorn"');
    }
    const secret = BEARER.exec(header)?.[1];
    if (secret === undefined) {
      throw unauthenticated(
        'key-malformed', 'The header must read "Authorization: Bearer <key>".', 'Bearer realm="posthorn", error="invalid_request"',
      );
    }
    const key = this.keys.find(secret);
    if (key === undefined) {
      throw unauthenticated(
        'key-unknown', 'The key is not known. It may have been rotated, or belong to another installation.',
        'Bearer realm="posthorn", error="invalid_token"',
      );
    }
    return key;
  }
}

function unauthenticated(code: string, detail: string, challenge: string): Problem {
  return new Problem({
    status: 401, code, title: 'The request carries no valid key', detail, headers: { 'www-authenticate': challenge },
  });
}
