import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RouteCatalogue } from '../route.catalogue.js';
import type { Nature } from './common.problems.js';
import { docsPage, PAGE_POLICY } from './docs.page.js';
import { DOCUMENT_OPERATION, PAGE_OPERATION } from './health.operations.js';
import { type ApiInfo, openApiDocument } from './open-api.document.js';

/** It changes with the release, and no release lasts less than this. */
const CACHE_CONTROL = 'public, max-age=300';

interface Written {
  json: string;
  page: string;
  etag: string;
}

/** Serves what the routes say of themselves: for programs at /openapi.json, for people at /docs. */
export function serveDocument(fastify: FastifyInstance, api: ApiInfo, routes: RouteCatalogue, nature: Nature): void {
  let written: Written | undefined;
  // At the first question, when every route is there.
  const document = (): Written => {
    if (written !== undefined) return written;
    const described = openApiDocument(api, routes.routes, nature);
    const json = JSON.stringify(described);
    return (written = { json, page: docsPage(described), etag: `"${hash('sha256', json, 'base64url')}"` });
  };
  const cached = (reply: FastifyReply): FastifyReply => reply.headers({ 'cache-control': CACHE_CONTROL, etag: document().etag });

  fastify.get('/openapi.json', { config: { operation: DOCUMENT_OPERATION } }, (request, reply) => {
    const known = request.headers['if-none-match']?.split(/\s*,\s*/) ?? [];
    if (known.includes(document().etag)) return cached(reply).code(304).send();
    return cached(reply).header('content-type', 'application/json; charset=utf-8').send(document().json);
  });
  fastify.get('/docs', { config: { operation: PAGE_OPERATION } }, (_request, reply) =>
    cached(reply).headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY }).send(document().page),
  );
}
