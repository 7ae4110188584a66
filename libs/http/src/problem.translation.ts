import { HttpException } from '@nestjs/common';
import { Problem, type ProblemOptions } from './problem.error.js';

type Known = Omit<ProblemOptions, 'cause'>;

/** Errors of Fastify, Node and our own libraries that mean something to the caller, by their stable code. */
const BY_CODE: Record<string, Known> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413, code: 'body-too-large', title: 'The body is too large', detail: 'Send a smaller body, or split it.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415, code: 'unsupported-media-type', title: 'This content type is not understood here',
    detail: 'Send JSON as UTF-8 with a content-type such as application/json.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400, code: 'content-length-mismatch', title: 'The body is not as long as content-length says',
  },
  FST_ERR_BAD_URL: { status: 400, code: 'malformed-url', title: 'The URL is not well-formed' },
  FST_ERR_MAX_PARAM_LENGTH: { status: 414, code: 'url-too-long', title: 'A part of the URL is too long' },
  DATABASE_UNAVAILABLE: {
    status: 503, code: 'temporarily-unavailable', title: 'The service cannot store anything at the moment',
    detail: 'Send the same request again, with the same Idempotency-Key so that it counts once.', retryAfterSeconds: 2,
  },
  MESSAGING_UNAVAILABLE: {
    status: 503, code: 'temporarily-unavailable', title: 'The service is cut off from the others at the moment',
    detail: 'Send the same request again shortly.', retryAfterSeconds: 2,
  },
};

const BY_STATUS: Record<number, [code: string, title: string]> = {
  400: ['malformed-request', 'The request is malformed'],
  401: ['not-authenticated', 'The request carries no valid key'],
  403: ['not-allowed', 'The key may not do this'],
  404: ['not-found', 'There is nothing here'],
  405: ['method-not-allowed', 'This method is not allowed here'],
  408: ['request-timeout', 'The request took too long to arrive'],
  409: ['conflict', 'The request contradicts an earlier one'],
  413: ['body-too-large', 'The body is too large'],
  415: ['unsupported-media-type', 'This content type is not understood here'],
  422: ['validation-failed', 'The content is not valid'],
  503: ['temporarily-unavailable', 'The service cannot answer at the moment'],
};

/** Whatever was thrown, as the problem to answer. What nobody foresaw is a 500 that tells nothing. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const known = knownByCode(error);
  if (known !== undefined) return new Problem({ ...known, cause: error });
  const status = statusOf(error);
  const [code, title] = BY_STATUS[status] ?? generic(status);
  const detail = error instanceof HttpException && status < 500 ? error.message : undefined;
  return new Problem({ status, code, title, detail, cause: error });
}

function knownByCode(error: unknown): Known | undefined {
  const code = property(error, 'code');
  return typeof code === 'string' && Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = property(error, 'statusCode');
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

function generic(status: number): [string, string] {
  return status < 500
    ? ['request-refused', 'The request was refused']
    : ['internal-error', 'Something went wrong on our side'];
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
