import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig } from 'fastify';

const configs = new WeakMap<object, FastifyContextConfig>();

/** Adds to what Fastify is told of a handler. Nest's own @RouteConfig() would replace what another decorator has told. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what Nest's decorators take
export function configureRoute(handler: Function, more: FastifyContextConfig): void {
  const config = { ...configs.get(handler), ...more };
  configs.set(handler, config);
  RouteConfig(config)(handler);
}

/** The same for a decorator of a method. */
export const routeConfig =
  (more: FastifyContextConfig): MethodDecorator =>
  (_controller, _name, { value }) => {
    if (typeof value === 'function') configureRoute(value, more);
  };
