import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from './problem.translation.js';

const logger = new Logger('HttpProblem');

/** Answers with the problem; only what is our fault is logged. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error);
  if (problem.status === 500) {
    // The route's pattern, not the URL: an address may hold a token.
    logger.error({ msg: 'a request failed', err: error, method: request.method, route: request.routeOptions.url });
  }
  if (reply.sent || reply.raw.headersSent) return;
  void reply.code(problem.status).headers(problem.headers()).send(JSON.stringify(problem));
}

/** Turns everything a handler throws into problem details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
