import { WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import type { JsonSchema } from '@posthorn/http';

const TEXT = { type: 'string' };
const TIME = { type: 'string', format: 'date-time' };
const dataOf = (type: string): JsonSchema => ({ $ref: `#/components/schemas/${type}` });

const ATTRIBUTES = {
  type: { ...TEXT, description: 'What happened.' },
  subject: { ...TEXT, maxLength: 255, description: 'What it is about, such as an order number, without personal data.' },
  source: { ...TEXT, maxLength: 500, description: 'A URI reference; /sites/<site> unless given.' },
  time: { ...TIME, description: 'When it happened, if not now.' },
  site: { ...TEXT, description: "May be left out; it must be the key's." },
  correlationid: { ...TEXT, maxLength: 128, description: 'Ties events of one visit together.' },
  causationid: { ...TEXT, format: 'uuid', description: 'The id of the event that led to this one.' },
  data: { description: 'As its type demands.' },
};

/** Each type with its data: the contract's own schemas, which the catalogue links. */
const TYPED = { anyOf: [...WEBSITE_EVENT_TYPES.map((type) => ({ type: 'object', properties: { type: { const: type }, data: dataOf(type) } })), { type: 'object', properties: { type: { type: 'string', pattern: '^custom\\.' } } }] };

export const SUBMISSION: JsonSchema = { title: 'Submission', type: 'object', required: ['type', 'data'], additionalProperties: false, properties: ATTRIBUTES, ...TYPED };

const LISTED: JsonSchema = { ...SUBMISSION, title: 'Submission in a list', properties: { ...ATTRIBUTES, idempotencyKey: { ...TEXT, pattern: '^[\\x21-\\x7e]{1,255}$' } } };

export const SUBMISSIONS: JsonSchema = { type: 'array', minItems: 1, maxItems: 1_000, items: LISTED };

export const CLOUD_EVENT: JsonSchema = {
  title: 'CloudEvent',
  type: 'object',
  required: ['specversion', 'id', 'source', 'type', 'data'],
  properties: {
    ...ATTRIBUTES,
    specversion: { const: '1.0' },
    id: { ...TEXT, minLength: 1, maxLength: 255, description: "The sender's own: with the source, the idempotency key." },
    datacontenttype: { ...TEXT, pattern: '^application/json' },
    dataschema: { ...TEXT, format: 'uri' },
  },
  ...TYPED,
};

export const CLOUD_EVENTS: JsonSchema = { type: 'array', minItems: 1, maxItems: 1_000, items: CLOUD_EVENT };

/** In binary mode the attributes are headers. */
export const DATA_ALONE: JsonSchema = { title: 'Data alone, with ce-* headers', anyOf: WEBSITE_EVENT_TYPES.map(dataOf) };
