import { Problem } from '@posthorn/http';
import type { z } from 'zod';

/** A question in a URL that has mistakes, each of them named. Unknown parameters are mistakes: a misspelt filter must not widen an answer. */
export function badQuestion(issues: readonly z.core.$ZodIssue[], known: readonly string[]): Problem {
  const errors = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: `/${key}`, rule: 'unknown_parameter', message: `is not a parameter; known are ${known.join(', ')}` }))
      : [{ pointer: `/${issue.path.join('/')}`, rule: issue.code, message: issue.code === 'invalid_type' ? 'must be given once' : issue.message }],
  );
  return new Problem({ status: 400, code: 'query-invalid', title: 'The question has mistakes', errors });
}

/** One parameter that is wrong in a way that its schema cannot tell. */
export function badParameter(parameter: string, message: string): Problem {
  return badQuestion([{ code: 'custom', path: [parameter], message, input: undefined }], []);
}
