import { FastifyAdapter } from '@nestjs/platform-fastify';
import { sendProblem } from './problem.filter.js';
import type { RouteCatalogue } from './route.catalogue.js';

/**
 * Nest's adapter, except that what fails outside a handler (parsing, routing) is answered by us. Nest would
 * turn Fastify's errors into its own first, and lose the code that says what was wrong.
 */
export class ProblemFastifyAdapter extends FastifyAdapter {
  private routes: RouteCatalogue | undefined;

  useRoutes(routes: RouteCatalogue): void {
    this.routes = routes;
  }

  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.instance.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.instance.setNotFoundHandler((request, reply) => {
      sendProblem(this.routes?.problemFor(request.method, request.url), request, reply);
    });
  }
}
