import { Problem } from '@posthorn/http';
import type { Acceptance } from './acceptance.service.js';

export interface BatchAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** What became of each item, in their order. It is a problem, with the same members, when nothing at all was accepted. */
export function batchAnswer(outcomes: readonly (Acceptance | Problem)[]): BatchAnswer {
  const problems = outcomes.filter((outcome) => outcome instanceof Problem);
  const accepted = outcomes.length - problems.length;
  const results = `[${outcomes.map(resultOf).join(',')}]`;
  const members = `"accepted":${accepted},"refused":${problems.length},"results":${results}}`;
  if (accepted > 0) return { status: 202, headers: JSON_HEADERS, body: `{${members}` };
  const problem = nothingAccepted(problems);
  return { status: problem.status, headers: problem.headers(), body: `${JSON.stringify(problem).slice(0, -1)},${members}` };
}

/** As text, because most items are accepted and all of them look alike. */
function resultOf(outcome: Acceptance | Problem, index: number): string {
  if (outcome instanceof Problem) return JSON.stringify({ index, ...problemOfItem(outcome, index) });
  const { id, acceptedAt, replayed } = outcome;
  return `{"index":${index},"status":202,"id":"${id}","acceptedAt":"${acceptedAt.toISOString()}"${replayed ? ',"replayed":true' : ''}}`;
}

/** The problem of one item of a list. Its pointers begin at the list, so that they can be followed in what was sent. */
export function problemOfItem(problem: Problem, index: number): Record<string, unknown> {
  const { errors, ...rest } = problem.toJSON();
  if (!Array.isArray(errors)) return rest;
  return { ...rest, errors: (problem.errors ?? []).map((error) => ({ ...error, pointer: `/${index}${error.pointer}` })) };
}

// What is only put off should be sent again as it is, so it outweighs what is wrong.
function nothingAccepted(problems: readonly Problem[]): Problem {
  const later = problems.find(({ status }) => status === 503);
  if (later !== undefined) return later;
  return new Problem({
    status: 422,
    code: 'batch-refused',
    title: 'No event of the batch was accepted',
    detail: 'Each result says what is wrong with its event.',
  });
}
