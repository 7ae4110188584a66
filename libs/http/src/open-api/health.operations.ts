import type { Operation } from './operation.js';

export const HEALTH_TAG = 'Health and documents';
const TEXT = { type: 'string' };
const plain = (type: string): { content: Record<string, { type: string }> } => ({ content: { [type]: TEXT } });

const reasons = { type: 'array', items: { type: 'object', required: ['name', 'reason'], additionalProperties: false, properties: { name: TEXT, reason: TEXT } } };
const health = {
  type: 'object',
  required: ['ready', 'reasons'],
  additionalProperties: false,
  properties: { ready: { type: 'boolean' }, reasons, remarks: { ...reasons, description: 'What is unwell and keeps nobody from their work.' } },
};

/** Routes that every service has, from below this library. */
export const HEALTH_OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /live': {
    tag: HEALTH_TAG,
    summary: 'Is the process alive?',
    answers: { 200: { about: 'It is, whatever it depends on.', content: { 'application/json': { type: 'object', required: ['live'], additionalProperties: false, properties: { live: { const: true } } } } } },
    examples: [{ title: 'For an orchestrator', status: 200 }],
  },
  'GET /ready': {
    tag: HEALTH_TAG,
    summary: 'Can it work?',
    answers: { 200: { about: 'It can.', content: { 'application/json': health } }, 503: { about: 'It waits for what is not ready.', content: { 'application/json': health } } },
    examples: [{ title: 'For an orchestrator', status: 200 }],
  },
  'GET /metrics': {
    tag: HEALTH_TAG,
    summary: 'Its metrics, for Prometheus',
    answers: { 200: { about: 'In the text format of Prometheus.', ...plain('text/plain') } },
    examples: [{ title: 'For Prometheus', status: 200 }],
  },
};

export const DOCUMENT_OPERATION: Operation = {
  tag: HEALTH_TAG,
  summary: 'This document',
  answers: { 200: { about: 'OpenAPI 3.1, made from the schemas that read the requests.', content: { 'application/json': { type: 'object', required: ['openapi', 'info', 'paths'] } }, headers: { etag: 'Changes with the document.' } }, 304: { about: 'It is what If-None-Match names.' } },
  headers: { 'if-none-match': { about: 'The ETag of the document that is known already.', schema: TEXT } },
  examples: [{ title: 'For a generator of clients', status: 200 }],
};

export const PAGE_OPERATION: Operation = {
  tag: HEALTH_TAG,
  summary: 'This document, to be read',
  answers: { 200: { about: 'A page that runs and loads nothing.', ...plain('text/html') } },
  examples: [{ title: 'In a browser', status: 200 }],
};
