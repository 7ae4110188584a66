import type { DynamicModule, LoggerService, NestApplicationOptions, Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger, Metrics } from '@posthorn/observability';
import type { FastifyInstance } from 'fastify';
import { checkKeysBeforeBodies } from './api-key.guard.js';
import { limitBatches } from './batch.bodies.js';
import { MAX_DEPTH, refuseContentEncoding, registerBodyParsers } from './body.parser.js';
import { answerClientError } from './client-error.response.js';
import { KeyRing } from './key.ring.js';
import { limitConnections } from './limits/connection.limit.js';
import { limitAddresses } from './limits/request.limits.js';
import { RateLimiter } from './limits/rate.limiter.js';
import type { ApiInfo } from './open-api/open-api.document.js';
import { serveDocument } from './open-api/open-api.routes.js';
import { TokenVerifier } from './open-id/token.verifier.js';
import { ProblemFastifyAdapter } from './problem-fastify.adapter.js';
import { Problem } from './problem.error.js';
import { ProblemFilter, sendProblem } from './problem.filter.js';
import { observeRequests } from './request.metrics.js';
import { limitRawBodies } from './raw.bodies.js';
import { RouteCatalogue } from './route.catalogue.js';

export interface HttpAppOptions {
  /** 256 KiB unless given; larger bodies get 413. */
  bodyLimitBytes?: number;
  /** Levels of JSON; 32 unless given. */
  maxDepth?: number;
  /** A request must have arrived wholly within this time, 15 s unless given; else 408. */
  requestTimeoutMs?: number;
  /** Its headers within this time, 10 s unless given. */
  headersTimeoutMs?: number;
  /** Take HTML forms as well as JSON. */
  forms?: boolean;
  /** Addresses of proxies whose X-Forwarded-For is believed; without them, a caller's address is that of its socket. */
  trustedProxies?: readonly string[];
  /** Open connections from one address, unlimited unless given; more are closed. Those of trusted proxies do not count. */
  connectionsPerAddress?: number;
  /** Describes the interface at /openapi.json and /docs. */
  api?: ApiInfo;
  /** Replaces the application's logger (that of ObservabilityModule when imported). */
  logger?: LoggerService | false;
}

export const BODY_LIMIT_BYTES = 256 * 1024;

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** A Nest application on Fastify with limits, problem details and security headers; not yet listening. */
export async function createHttpApp(
  module: Type | DynamicModule,
  options: HttpAppOptions = {},
): Promise<NestFastifyApplication> {
  const adapter = createAdapter(options);
  const fastify: FastifyInstance = adapter.getInstance();
  const routes = new RouteCatalogue();
  adapter.useRoutes(routes);
  fastify.addHook('onRoute', (route) => routes.add(route.url, route.method, route.config));
  addRequestHook(fastify);
  const bodyLimitBytes = options.bodyLimitBytes ?? BODY_LIMIT_BYTES;
  registerBodyParsers(fastify, { maxDepth: options.maxDepth ?? MAX_DEPTH, bodyLimitBytes, forms: options.forms ?? false });
  limitBatches(fastify, bodyLimitBytes);
  limitRawBodies(fastify);

  const settings: Partial<NestApplicationOptions> = { bodyParser: false, abortOnError: false };
  if (options.logger === undefined) settings.bufferLogs = true;
  else settings.logger = options.logger;
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, settings);
  app.useGlobalFilters(new ProblemFilter());
  if (options.logger === undefined) app.useLogger(find(app, Logger) ?? console);
  const keys = find(app, KeyRing);
  const tokens = find(app, TokenVerifier);
  const limiter = find(app, RateLimiter);
  if (keys !== undefined) checkKeysBeforeBodies(fastify, { keys, tokens }, limiter);
  if (limiter !== undefined) limitAddresses(fastify, limiter);
  if (options.api !== undefined) serveDocument(fastify, options.api, routes, { forms: options.forms ?? false, tokens: tokens !== undefined, limited: limiter !== undefined });
  const metrics = find(app, Metrics);
  if (metrics !== undefined) observeRequests(fastify, metrics);
  answerExpectations(fastify);
  const { connectionsPerAddress: perAddress, trustedProxies = [] } = options;
  if (perAddress !== undefined) limitConnections(fastify.server, { perAddress, trustedProxies });
  closeWhatBecomesIdle(fastify);
  return app;
}

function createAdapter(options: HttpAppOptions): ProblemFastifyAdapter {
  return new ProblemFastifyAdapter({
    bodyLimit: options.bodyLimitBytes ?? BODY_LIMIT_BYTES,
    requestTimeout: options.requestTimeoutMs ?? 15_000,
    trustProxy: (options.trustedProxies ?? []).length === 0 ? false : [...(options.trustedProxies ?? [])],
    // Requests that arrive while we stop are still answered: their sender cannot know.
    return503OnClosing: false,
    http: {
      headersTimeout: options.headersTimeoutMs ?? 10_000,
      connectionsCheckingInterval: 500,
      // Node would answer a missing Host with an empty 400; the hook below explains it.
      requireHostHeader: false,
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: sendProblem,
  });
}

function addRequestHook(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS);
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      done(new Problem({ status: 400, code: 'host-missing', title: 'HTTP/1.1 requests carry a Host header' }));
      return;
    }
    done(refuseContentEncoding(request));
  });
}

// Node closes the connections that are idle when the server closes, but lets those that become idle a moment later
// linger for the whole keep-alive time, and the process with them.
function closeWhatBecomesIdle(fastify: FastifyInstance): void {
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  fastify.addHook('onResponse', (_request, _reply, done) => {
    if (closing) setImmediate(() => fastify.server.closeIdleConnections());
    done();
  });
}

// Node answers an unknown Expect header with an empty 417.
function answerExpectations(fastify: FastifyInstance): void {
  fastify.server.on('checkExpectation', (_request, response) => {
    const problem = new Problem({
      status: 417, code: 'expectation-failed', title: 'The only expectation understood is 100-continue',
    });
    response.writeHead(problem.status, { ...problem.headers(), connection: 'close' }).end(JSON.stringify(problem));
  });
}

// To ask Nest for what is not there writes an error with its stack to the log, even where it is caught.
function find<T>(app: NestFastifyApplication, token: Type<T>): T | undefined {
  const provided = [...app.get(ModulesContainer).values()].some(({ providers }) => providers.has(token));
  return provided ? app.get(token, { strict: false }) : undefined;
}
