import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from './problem.error.js';
import { problemOf } from './problem.translation.js';
import { RefusalLog } from './refusal.log.js';
import { routeConfig } from './route.config.js';

type ProblemView = (problem: Problem, request: FastifyRequest, reply: FastifyReply) => void;

declare module 'fastify' {
  interface FastifyContextConfig {
    showProblem?: ProblemView;
  }
}

/** Whoever calls this handler is a person: what goes wrong, also before the handler is reached, is shown this way. */
export const ShowProblem = (showProblem: ProblemView): MethodDecorator => routeConfig({ showProblem });

const logger = new Logger('HttpProblem');
const refusals = new RefusalLog(logger);

/** Answers with the problem; what is our fault is logged, and who was turned away. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error);
  if (problem.status === 500) {
    // The route's pattern, not the URL: an address may hold a token.
    logger.error({ msg: 'a request failed', err: error, method: request.method, route: request.routeOptions.url });
  }
  refusals.note(problem, request);
  if (reply.sent || reply.raw.headersSent) return;
  const { showProblem } = request.routeOptions.config;
  if (showProblem !== undefined) {
    showProblem(problem, request, reply);
    return;
  }
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
