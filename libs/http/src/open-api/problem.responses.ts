import { joined, OF_EVERY_ROUTE, type Problems } from './common.problems.js';
import type { DocumentedResponse } from './open-api.document.js';
import type { JsonSchema, Operation } from './operation.js';

const TITLES: Record<number, string> = {
  400: 'The request is malformed.',
  401: 'The request carries no valid key.',
  403: 'The key may not do this.',
  404: 'There is no such thing.',
  408: 'The request took too long to arrive.',
  409: 'The request contradicts an earlier one.',
  413: 'The body is too large.',
  414: 'The address is too long.',
  415: 'This content type is not understood here.',
  417: 'The only expectation understood is 100-continue.',
  422: 'The content is not valid.',
  429: 'Too much at once.',
  431: 'The headers are too large.',
  500: 'Something went wrong on our side.',
  503: 'It cannot be answered at the moment: repeat after Retry-After.',
};

const TEXT = { type: 'string' };

/** RFC 9457. Some problems have members of their own. */
const PROBLEM: JsonSchema = {
  title: 'Problem',
  type: 'object',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { ...TEXT, format: 'uri', description: 'https://posthorn.dev/problems/<code>' },
    title: TEXT,
    status: { type: 'integer', minimum: 400, maximum: 599 },
    code: { ...TEXT, pattern: '^[a-z]+(-[a-z]+)*$', description: 'Stable: to be told apart by.' },
    detail: { ...TEXT, description: 'What went wrong this time, and the remedy.' },
    errors: {
      type: 'array',
      description: 'Every bad field.',
      items: {
        type: 'object',
        required: ['pointer', 'rule', 'message'],
        additionalProperties: false,
        properties: { pointer: { ...TEXT, description: 'A JSON pointer into what was sent.' }, rule: TEXT, message: TEXT, field: { ...TEXT, description: 'Of the form it was typed into.' } },
      },
    },
  },
};

/** What the responses of operations refer to. */
export function problemComponents(): { schemas: Record<string, JsonSchema>; responses: Record<string, JsonSchema> } {
  const responses = joined([OF_EVERY_ROUTE]).map(([status, codes]): [string, JsonSchema] => [nameOf(status), { ...responseOf(status, codes, false) }]);
  return { schemas: { Problem: PROBLEM }, responses: Object.fromEntries(responses) };
}

/** By status. Those of every route are there once, and referred to. */
export function problemResponses(problems: readonly Problems[], { pages = false }: Operation): Record<string, DocumentedResponse> {
  const common = new Map(joined([OF_EVERY_ROUTE]));
  return Object.fromEntries(
    joined(problems).map(([status, codes]) => {
      const isCommon = !pages && common.get(status)?.join() === codes.join();
      return [String(status), isCommon ? { $ref: `#/components/responses/${nameOf(status)}` } : responseOf(status, codes, pages)];
    }),
  );
}

/** The same status can say a problem and something else. */
export function joinedResponses(problems: Record<string, DocumentedResponse>, answers: Record<string, DocumentedResponse>): Record<string, DocumentedResponse> {
  const both = Object.entries(answers).map(([status, answer]): [string, DocumentedResponse] => {
    const problem = problems[status];
    if (problem === undefined) return [status, answer];
    const { content } = problem.$ref === undefined ? problem : (problemComponents().responses[nameOf(Number(status))] as DocumentedResponse);
    return [status, { ...answer, content: { ...content, ...answer.content } }];
  });
  return { ...problems, ...Object.fromEntries(both) };
}

function responseOf(status: number, codes: readonly string[], pages: boolean): DocumentedResponse {
  const schema = { allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties: { status: { const: status }, code: { enum: codes } } }] };
  return {
    description: TITLES[status] ?? 'It is refused.',
    content: { 'application/problem+json': { schema }, ...(pages ? { 'text/html': { schema: TEXT } } : {}) },
  };
}

const nameOf = (status: number): string => `problem-${status}`;
