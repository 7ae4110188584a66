import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
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

  app.addHook('onRequest', async (request, reply) => {
    if (request.headers[REPEAT_HEADER]) return;
    const fault = options.board.take(options.provider, { method: request.method, path: request.url });
    if (!fault) return;
    faults.set(request, fault);
    switch (fault.kind) {
      case 'latency':
        await delay(fault.ms);
        return;
      case 'status':
        return options.answerError(reply, fault.status, fault);
      case 'rate-limit':
        return options.answerError(reply, 429, fault);
      case 'hang':
        hanging.add(request.raw.socket);
        request.raw.socket.once('close', () => hanging.delete(request.raw.socket));
        reply.hijack();
        return reply;
      // What a proxy on the way answers in the provider's place.
      case 'garbage':
        return reply.code(200).type('text/html; charset=utf-8').send(GARBAGE);
      case 'cut':
      case 'down':
        reply.hijack();
        request.raw.socket.destroy();
        return reply;
      case 'cut-after':
      case 'duplicate':
        return;
    }
  });

  // The network delivered the request twice: the caller gets the answer to the second one.
  app.addHook('preHandler', async (request) => {
    if (faults.get(request)?.kind !== 'duplicate') return;
    const headers: FastifyRequest['headers'] = { ...request.headers, [REPEAT_HEADER]: '1' };
    delete headers['content-length'];
    delete headers['transfer-encoding'];
    await app.inject({
      method: request.method as 'POST',
      url: request.raw.url ?? '/',
      headers,
      ...(typeof request.body === 'string' && { payload: request.body }),
    });
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

/** Leaves every body as the text that came over the wire. */
export function readBodiesAsText(app: FastifyInstance, bodyLimit: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_request, body, done) => {
    done(null, body);
  });
}
