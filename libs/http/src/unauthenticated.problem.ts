import { Problem } from './problem.error.js';

/** 401, with the challenge that says what to send instead. */
export function unauthenticated(code: string, detail: string, challenge: string, cause?: unknown): Problem {
  return new Problem({
    status: 401, code, title: 'The request carries no valid key', detail, headers: { 'www-authenticate': challenge }, cause,
  });
}
