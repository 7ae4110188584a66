import type { Metrics } from '@posthorn/observability';
import type { FastifyInstance } from 'fastify';

interface Series {
  observe(seconds: number): void;
}

/** Times every request by route pattern, method and status: all three bounded, whatever is thrown at us. */
export function observeRequests(fastify: FastifyInstance, metrics: Metrics): void {
  const duration = metrics.histogram(
    'http_request_duration_seconds',
    'Time from the request line to the last byte of the answer',
    ['method', 'route', 'status'],
  );
  const known = new Map<string, Series>();
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const key = `${request.method} ${reply.statusCode} ${route}`;
    let series = known.get(key);
    if (series === undefined) {
      series = duration.labels(request.method, route, String(reply.statusCode));
      known.set(key, series);
    }
    series.observe(reply.elapsedTime / 1_000);
    done();
  });
}
