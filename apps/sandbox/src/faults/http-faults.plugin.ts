import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FaultBoard } from './fault.board.js';
import type { Fault, ProviderName } from './fault.schema.js';

const REPEAT_HEADER = 'x-sandbox-repeat';
const GARBAGE = '<!doctype html><title>Welcome to our hotel</title><p>\ufffd\u0000{"results":[{"id":';

export interface HttpFaultOptions {
  board: FaultBoard;
  provider: ProviderName;
  /** Answers with the provider's own error shape. */
  answerError(reply: FastifyReply, status: number, options: { retryAfterSeconds?: number; message?: string }): FastifyReply;
}

/**
 * Puts the board's faults between the socket and the provider's routes of this (encapsulated) instance.
 * The bodies of these routes must be parsed as plain strings: a duplicated call is sent again byte for byte.
 */
export function applyHttpFaults(app: FastifyInstance, options: HttpFaultOptions): void {
  const faults = new WeakMap<FastifyRequest, Fault>();
  const hanging = new Set<Socket>();

  // These hooks call back: what is rarely wanted must not cost each call a promise.
  app.addHook('onRequest', (request, reply, next) => {
    if (request.headers[REPEAT_HEADER]) {
      next();
      return;
    }
    const fault = options.board.take(options.provider, { method: request.method, path: request.url });
    if (!fault) {
      next();
      return;
    }
    faults.set(request, fault);
    switch (fault.kind) {
      case 'latency':
        setTimeout(next, fault.ms);
        return;
      case 'status':
        options.answerError(reply, fault.status, fault);
        return;
      case 'rate-limit':
        options.answerError(reply, 429, fault);
        return;
      case 'hang':
        hanging.add(request.raw.socket);
        request.raw.socket.once('close', () => hanging.delete(request.raw.socket));
        reply.hijack();
        return;
      // What a proxy on the way answers in the provider's place.
      case 'garbage':
        reply.code(200).type('text/html; charset=utf-8').send(GARBAGE);
        return;
      case 'cut':
      case 'down':
        reply.hijack();
        request.raw.socket.destroy();
        return;
      case 'cut-after':
      case 'duplicate':
        next();
    }
  });

  app.addHook('preHandler', (request, _reply, next) => {
    if (faults.get(request)?.kind === 'duplicate') deliverTwice(app, request).then(() => next(), next);
    else next();
  });

  app.addHook('onSend', (request, _reply, payload: unknown, done) => {
    if (faults.get(request)?.kind === 'cut-after') request.raw.socket.destroy();
    done(null, payload);
  });

  app.addHook('preClose', (done) => {
    for (const socket of hanging) socket.destroy();
    done();
  });
}

/** The network delivered the request twice: the caller gets the answer to the second one. */
async function deliverTwice(app: FastifyInstance, request: FastifyRequest): Promise<void> {
  const headers: FastifyRequest['headers'] = { ...request.headers, [REPEAT_HEADER]: '1' };
  delete headers['content-length'];
  delete headers['transfer-encoding'];
  await app.inject({
    method: request.method as 'POST',
    url: request.raw.url ?? '/',
    headers,
    ...(typeof request.body === 'string' && { payload: request.body }),
  });
}

/** Leaves every body as the text that came over the wire. */
export function readBodiesAsText(app: FastifyInstance, bodyLimit: number): void {
  app.removeAllContentTypeParsers();
  // Fastify remembers the parser of a type that it knows by name, and looks for that of any other again each time.
  app.addContentTypeParser(['application/json', '*'], { parseAs: 'string', bodyLimit }, (_request, body, done) => {
    done(null, body);
  });
}
