import { z } from 'zod';
import { ContractError, contractIssues } from '../contract.error.js';
import { line } from '../schemas/text.schema.js';
import { instant } from '../schemas/time.schema.js';
import { UUID_V7 } from './identifier.js';

export const SITE_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const TYPE_NAME = /^[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+$/;

const SCHEMA_BASE = 'https://posthorn.dev/schemas';
/** Where a schema lives; the version of an event's data is the last step of its `dataschema`. */
export const dataschemaAt = (name: string, version: number): string => `${SCHEMA_BASE}/${name}/${version}`;

const id = z.string().regex(UUID_V7, 'must be a lower-case UUIDv7');

/**
 * CloudEvents 1.0 with the extension attributes site, traceparent, correlationid, causationid and erased. No attribute
 * may carry personal data. Attributes of others are dropped, as CloudEvents allows, so that a newer publisher
 * may add one without stopping older subscribers.
 */
export const envelope = z.object({
  specversion: z.literal('1.0'),
  id,
  source: z.string().min(1).max(500).regex(/^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/, 'must be a URI reference'),
  type: z.string().max(100).regex(TYPE_NAME, 'must be a dotted lower-case name such as lead.submitted'),
  subject: line(255, 1).optional(),
  time: instant,
  datacontenttype: z.literal('application/json'),
  dataschema: z.url().max(500),
  site: z.string().regex(SITE_ID, 'must be a site id: lower-case letters, digits and hyphens'),
  traceparent: z.string().regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/, 'must be a W3C traceparent').optional(),
  correlationid: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, 'must be letters, digits and ._:- only'),
  causationid: id.optional(),
  erased: z.literal(true).optional(),
  data: z.unknown(),
});

/** `T` narrows the type where it is known; `data` is what the type's schema says. */
export interface Envelope<D, T extends string = string> {
  specversion: '1.0';
  /** UUIDv7, lower case. */
  id: string;
  source: string;
  type: T;
  subject?: string;
  time: string;
  datacontenttype: 'application/json';
  dataschema: string;
  site: string;
  traceparent?: string;
  correlationid: string;
  /** The id of the event that led to this one. */
  causationid?: string;
  /** The personal values of the data have been erased: what is left is not what the type's schema says. */
  erased?: true;
  data: D;
}

/** Checks the envelope alone: for those who carry or keep messages whose data they may not know. Throws ContractError. */
export function parseEnvelope(value: unknown): Envelope<unknown> {
  const parsed = envelope.safeParse(value);
  if (!parsed.success) throw new ContractError('Not an envelope of the contract', contractIssues(parsed.error.issues, value));
  return parsed.data;
}
