import type { FastifyPluginCallback } from 'fastify';
import type { Clock } from '../clock.js';
import type { FaultBoard } from '../faults/fault.board.js';
import { applyHttpFaults, readBodiesAsText } from '../faults/http-faults.plugin.js';
import { secretComparison } from '../secret.comparison.js';
import { associationRoutes } from './association.routes.js';
import type { CallList } from './hubspot.calls.js';
import { HubSpotError, notFound, rateLimitBody, unauthenticated } from './hubspot.error.js';
import type { HubSpotStore } from './hubspot.store.js';
import type { CallRecord } from './hubspot.types.js';
import { objectRoutes } from './object.routes.js';
import { propertyRoutes } from './property.routes.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What is written down of a call to the simulated HubSpot. */
    hubspotCall?: CallRecord;
  }
}

const BODY_LIMIT = 1024 * 1024;

export interface HubSpotOptions {
  store: HubSpotStore;
  calls: CallList;
  board: FaultBoard;
  clock: Clock;
  token: string;
}

/** HubSpot's CRM API over its real protocol: v3 paths and the dated ones that replace them. A Fastify plugin. */
export function hubspotRoutes(options: HubSpotOptions): FastifyPluginCallback {
  return (app, _options, done) => {
    const isOurToken = secretComparison(`Bearer ${options.token}`);
    app.decorateRequest('hubspotCall');
    readBodiesAsText(app, BODY_LIMIT);

    app.addHook('onRequest', (request, _reply, next) => {
      const traceparent = request.headers['traceparent'];
      request.hubspotCall = options.calls.begin({
        method: request.method,
        path: request.url,
        ...(typeof traceparent === 'string' && { traceparent }),
        at: new Date(options.clock.now()).toISOString(),
      });
      next();
    });
    app.addHook('onSend', (request, reply, payload: unknown, next) => {
      if (request.hubspotCall) request.hubspotCall.status = reply.statusCode;
      next(null, payload);
    });

    applyHttpFaults(app, {
      board: options.board,
      provider: 'hubspot',
      answerError(reply, status, { retryAfterSeconds, message }) {
        if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
        if (status === 429) return reply.code(429).send(rateLimitBody());
        const error = new HubSpotError(status, status >= 500 ? 'INTERNAL_ERROR' : 'SANDBOX', message ?? 'internal error');
        return reply.code(status).send(error.body());
      },
    });

    app.addHook('onRequest', (request, _reply, next) => {
      next(isOurToken(request.headers.authorization) ? undefined : unauthenticated());
    });
    app.setErrorHandler((error, _request, reply) => {
      const known = error instanceof HubSpotError ? error : new HubSpotError(500, 'INTERNAL_ERROR', String(error));
      return reply.code(known.status).send(known.body());
    });
    app.setNotFoundHandler((_request, reply) => reply.code(404).send(notFound().body()));

    for (const prefix of ['/crm/v3/objects', '/crm/objects/2026-03']) objectRoutes(app, prefix, options.store);
    for (const prefix of ['/crm/v3/properties', '/crm/properties/2026-03']) propertyRoutes(app, prefix, options.store);
    associationRoutes(app, { objects: '/crm/v4/objects', batch: '/crm/v4/associations' }, options.store);
    associationRoutes(app, { objects: '/crm/objects/2026-03', batch: '/crm/associations/2026-03' }, options.store);
    done();
  };
}
