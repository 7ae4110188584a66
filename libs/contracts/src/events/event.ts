import { ContractError, contractIssues, type ContractIssue } from '../contract.error.js';
import { envelope, type Envelope } from '../envelope/envelope.schema.js';
import { newId } from '../envelope/identifier.js';
import { EVENT_TYPES, EVENTS, isEventType, type EventData, type EventType } from './event.catalogue.js';
import { dataschemaOf, isTaken, schemaFor, takenVersions } from './event.versions.js';

/**
 * Every event of the catalogue, discriminated by `type`; with a type argument, only those. Types that a site has added are
 * not among them, though an event may be of one: who needs to know asks `isCustomType`.
 */
export type PosthornEvent<T extends EventType = EventType> = { [K in T]: Envelope<EventData<K>, K> }[T];

export interface NewEvent<T extends EventType> {
  site: string;
  type: T;
  data: EventData<T>;
  /** Default `/sites/<site>`. */
  source?: string;
  /** What within the site it is about, such as an order number. Never personal. */
  subject?: string;
  /** Default: the event's own id. */
  correlationid?: string;
  causationid?: string;
  traceparent?: string;
  /** When it happened, RFC 3339. Default now. */
  time?: string;
}

/** Makes an event with a fresh id. Throws ContractError with every mistake. */
export function createEvent<T extends EventType>(event: NewEvent<T>): PosthornEvent<T> {
  const id = newId();
  const parsed = parseEvent({
    specversion: '1.0',
    id,
    source: event.source ?? `/sites/${event.site}`,
    type: event.type,
    subject: event.subject,
    time: event.time ?? new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: dataschemaOf(event.type),
    site: event.site,
    traceparent: event.traceparent,
    correlationid: event.correlationid ?? id,
    causationid: event.causationid,
    data: event.data,
  });
  return parsed as PosthornEvent<T>;
}

/**
 * Checks envelope and data. Data of the version before comes out as of the current one. Throws ContractError with every
 * mistake of both.
 */
export function parseEvent(value: unknown): PosthornEvent {
  const head = envelope.safeParse(value);
  const issues = head.success ? [] : contractIssues(head.error.issues, value);
  const type = fieldOf(value, 'type');
  const schema = typeof type === 'string' ? schemaFor(type, fieldOf(value, 'dataschema')) : undefined;
  if (typeof type === 'string' && schema !== undefined) {
    const given = fieldOf(value, 'data');
    const data = schema.safeParse(given);
    if (!data.success) issues.push(...contractIssues(data.error.issues, given, ['data']));
    else if (head.success && !isTaken(type, head.data.dataschema)) issues.push(wrongSchema(type));
    // The pair of type and data was just checked against the one map that links them.
    else if (head.success) return withoutUndefined({ ...head.data, dataschema: dataschemaOf(type), data: data.data }) as PosthornEvent;
  } else if (!issues.some((issue) => issue.pointer === '/type')) {
    issues.push(unknownType());
  }
  throw new ContractError('Not an event of the contract', issues);
}

/**
 * Checks what a sender made of an event. Who does not say which version the data is of means the current one, or wrote
 * this before there was one: then it is taken for the version before. Throws ContractError with every mistake.
 */
export function parseSubmitted(value: unknown): PosthornEvent {
  const type = fieldOf(value, 'type');
  if (typeof value !== 'object' || value === null || fieldOf(value, 'dataschema') !== undefined) return parseEvent(value);
  // What is wrong with an unknown type is its type, and not that it has no schema.
  const known = typeof type === 'string' && takenVersions(type).length > 0 ? type : undefined;
  try {
    return parseEvent({ ...value, dataschema: dataschemaOf(known ?? 'unknown.type') });
  } catch (error) {
    const previous = known === undefined ? undefined : takenVersions(known)[1];
    if (previous === undefined) throw error;
    try {
      return parseEvent({ ...value, dataschema: previous.dataschema });
    } catch {
      throw error;
    }
  }
}

/** What was kept while the version before was current, as of the current one; anything else as it is. */
export function upgradeEvent<E extends Envelope<unknown>>(event: E): E {
  const { type, dataschema, data, erased } = event;
  if (erased === true || !isEventType(type) || dataschema === dataschemaOf(type)) return event;
  const schema = schemaFor(type, dataschema);
  const upgraded = schema === undefined || schema === EVENTS[type] ? undefined : schema.safeParse(data);
  return upgraded?.success === true ? { ...event, dataschema: dataschemaOf(type), data: upgraded.data } : event;
}

/** Checks the data of one type alone. Pointers start at the data. */
export function parseData<T extends EventType>(type: T, data: unknown): EventData<T> {
  const parsed = EVENTS[type].safeParse(data);
  if (!parsed.success) throw new ContractError(`Not the data of ${type}`, contractIssues(parsed.error.issues, data));
  return parsed.data as EventData<T>;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}

// Optional attributes that were given as undefined must not appear as keys: two equal events have equal keys.
function withoutUndefined<V extends object>(value: V): V {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as V;
}

const unknownType = (): ContractIssue => ({
  pointer: '/type',
  rule: 'unknown_type',
  message: `is not a known event type; known are ${EVENT_TYPES.join(', ')}`,
});

const wrongSchema = (type: string): ContractIssue => ({
  pointer: '/dataschema',
  rule: 'schema_version',
  message: `must be ${takenVersions(type).map(({ dataschema }) => dataschema).join(' or ')}, which this release understands`,
});
