import { z } from 'zod';
import { ContractError, contractIssues } from '../contract.error.js';
import { envelope, SITE_ID, TYPE_NAME, type Envelope } from '../envelope/envelope.schema.js';
import { newId, UUID_V7 } from '../envelope/identifier.js';
import { dataschemaOf } from '../events/event.versions.js';
import { key, line, text } from '../schemas/text.schema.js';
import { instant } from '../schemas/time.schema.js';
import { BOOK_OUTCOMES, CIRCUIT_OUTCOMES, DELIVERY_OUTCOMES, ERASURE_OUTCOMES } from './outcome.catalogue.js';

export const OUTCOME_STATES = [...DELIVERY_OUTCOMES, ...CIRCUIT_OUTCOMES, ...BOOK_OUTCOMES, ...ERASURE_OUTCOMES, 'rejected', 'operated'] as const;
export type OutcomeState = (typeof OUTCOME_STATES)[number];

const ERROR_MESSAGE_MAX = 2_000;
const EVENTS_NAMED_MAX = 100;
const externalId = line(1_000, 1);

/** Facts about a delivery or a connection. Never personal: outcomes are kept when the person is erased. */
export const outcomeData = z.strictObject({
  service: z.string().regex(SITE_ID, 'must be a service name'),
  connection: key(100),
  provider: key(100).optional(),
  action: key(100).optional(),
  deliveryId: key(100).optional(),
  event: z.strictObject({ id: z.string().regex(UUID_V7, 'must be a lower-case UUIDv7'), type: z.string().regex(TYPE_NAME, 'must be an event type') }).optional(),
  /** Those it is about, where they are several and of one site. */
  events: z.array(z.string().regex(UUID_V7, 'must be a lower-case UUIDv7')).max(EVENTS_NAMED_MAX).optional(),
  state: z.enum(OUTCOME_STATES),
  attempts: z.int().min(0).optional(),
  externalId: externalId.optional(),
  facts: z.record(line(100, 1), z.union([line(1_000), z.number(), z.boolean()])).optional(),
  error: z.strictObject({ code: line(100, 1), message: text(ERROR_MESSAGE_MAX), remedy: text(ERROR_MESSAGE_MAX).optional() }).optional(),
  nextAttemptAt: instant.optional(),
});

// Made once: zod compiles a schema at its first use, which takes twenty times as long as using it.
const outcome = envelope.extend({ data: outcomeData, dataschema: z.literal(dataschemaOf('outcome')) });

export type OutcomeData = z.infer<typeof outcomeData>;
export type Outcome = Envelope<OutcomeData>;

export interface NewOutcome {
  site: string;
  type: string;
  data: OutcomeData;
  subject?: string;
  /** Pass the event's own, so that the whole way of a person's visit can be followed. Default: the causation id, else the outcome's id. */
  correlationid?: string;
  /** Default: the event the outcome is about. */
  causationid?: string;
  traceparent?: string;
  time?: string;
}

/** Makes an outcome with a fresh id. Texts of an error are cut to fit: a provider's chatter must not stop a settlement. */
export function createOutcome(outcome: NewOutcome): Outcome {
  const id = newId();
  const causationid = outcome.causationid ?? outcome.data.event?.id;
  return parseOutcome({
    specversion: '1.0',
    id,
    source: `/services/${outcome.data.service}`,
    type: outcome.type,
    subject: outcome.subject,
    time: outcome.time ?? new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: dataschemaOf('outcome'),
    site: outcome.site,
    traceparent: outcome.traceparent,
    correlationid: outcome.correlationid ?? causationid ?? id,
    causationid,
    data: withFittingError(outcome.data),
  });
}

/** Checks envelope and data. Types beyond the catalogue pass: a new service may say something new. */
export function parseOutcome(value: unknown): Outcome {
  const parsed = outcome.safeParse(value);
  if (!parsed.success) throw new ContractError('Not an outcome of the contract', contractIssues(parsed.error.issues, value));
  return JSON.parse(JSON.stringify(parsed.data)) as Outcome;
}

function withFittingError(data: OutcomeData): OutcomeData {
  if (data.error === undefined) return data;
  const { code, message, remedy } = data.error;
  return { ...data, error: { code, message: fitting(message), ...(remedy === undefined ? {} : { remedy: fitting(remedy) }) } };
}

function fitting(words: string): string {
  return words
    .slice(0, ERROR_MESSAGE_MAX)
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, ' ');
}
