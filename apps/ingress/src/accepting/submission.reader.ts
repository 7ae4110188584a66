import { hash } from 'node:crypto';
import { type ContractIssue, dataschemaOf, isOwnEventType, newId } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { invalidEvent } from '../admission/invalid.problem.js';
import { mediaTypeOf, unsupportedMediaType } from './media.type.js';

/** What came over HTTP, before anything about it is believed. */
export interface RawSubmission {
  contentType: string | undefined;
  body: unknown;
  idempotencyKey: string | string[] | undefined;
  /** Of the span that accepts it. */
  traceparent: string | undefined;
}

export interface Submission {
  envelope: Record<string, unknown>;
  issues: ContractIssue[];
  idempotencyKey: string | undefined;
}

const SIMPLE_FIELDS = new Set(['type', 'data', 'subject', 'source', 'time', 'site', 'correlationid', 'causationid']);
const ADDRESS = /[^\s@/]@[^\s@/]+\.[^\s@/]/;
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Makes an event of the site out of a request, which the contract is yet to check. Throws the problem of what is no submission at all. */
export function readSubmission(raw: RawSubmission, site: string): Submission {
  const structured = isCloudEvent(raw.contentType);
  const body = objectOf(raw.body);
  const issues = [...(structured ? cloudEventIssues(body) : unknownFields(body)), ...personalAttributes(body), ...reservedType(body)];
  const header = keyFromHeader(raw.idempotencyKey);
  if (typeof body['site'] === 'string' && body['site'] !== site) throw foreignSite(site);
  const envelope = envelopeOf(body, site, raw.traceparent);
  return { envelope, issues, idempotencyKey: header ?? (structured ? keyOfCloudEvent(body) : undefined) };
}

function isCloudEvent(contentType: string | undefined): boolean {
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === 'application/cloudevents+json') return true;
  if (mediaType === 'application/json') return false;
  throw unsupportedMediaType('Send application/json with {type, data}, or application/cloudevents+json.');
}

function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw invalidEvent([{ pointer: '', rule: 'invalid_type', message: 'must be one JSON object: send one event per request' }]);
}

function unknownFields(body: Record<string, unknown>): ContractIssue[] {
  return Object.keys(body)
    .filter((name) => !SIMPLE_FIELDS.has(name))
    .map((name) => ({ pointer: pointerTo(name), rule: 'unknown_field', message: 'is not a field of a submission' }));
}

// Attributes are shown to everybody, and kept when a person is erased. A name cannot be told from a word, an address can.
function personalAttributes(body: Record<string, unknown>): ContractIssue[] {
  return ['subject', 'source']
    .filter((name) => typeof body[name] === 'string' && ADDRESS.test(body[name]))
    .map((name) => ({ pointer: pointerTo(name), rule: 'personal', message: 'must not hold an e-mail address: people belong into data.person' }));
}

function reservedType({ type }: Record<string, unknown>): ContractIssue[] {
  if (typeof type !== 'string' || !isOwnEventType(type)) return [];
  return [{ pointer: '/type', rule: 'reserved_type', message: 'is said by Posthorn itself, of what was ordered by another door: POST /v1/privacy/erasures has a person forgotten' }];
}

// The contract checks what it keeps; these are the attributes it does not: the sender's own id, and the encoding.
function cloudEventIssues(body: Record<string, unknown>): ContractIssue[] {
  const issues: ContractIssue[] = [];
  const must = (holds: boolean, pointer: string, rule: string, message: string): void => {
    if (!holds) issues.push({ pointer, rule, message });
  };
  const { specversion, id, source, datacontenttype, data_base64: binary } = body;
  must(specversion === '1.0', '/specversion', 'invalid_value', 'must be "1.0"');
  must(typeof id === 'string' && id !== '' && id.length <= 255, '/id', 'required', 'must be a text of 1 to 255 characters');
  must(source !== undefined, '/source', 'required', 'must be a URI reference');
  const isJson = datacontenttype === undefined || (typeof datacontenttype === 'string' && /^application\/json\b/i.test(datacontenttype));
  must(isJson, '/datacontenttype', 'invalid_value', 'must be application/json');
  must(binary === undefined, '/data_base64', 'unknown_field', 'is not supported; send data as JSON');
  return issues;
}

function envelopeOf(body: Record<string, unknown>, site: string, traceparent: string | undefined): Record<string, unknown> {
  const id = newId();
  const type = typeof body['type'] === 'string' ? body['type'] : 'unknown.type';
  return {
    specversion: '1.0',
    id,
    source: body['source'] ?? `/sites/${site}`,
    type: body['type'],
    subject: body['subject'],
    time: body['time'] ?? new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: body['dataschema'] ?? dataschemaOf(type),
    site: body['site'] ?? site,
    traceparent,
    correlationid: body['correlationid'] ?? id,
    causationid: body['causationid'],
    data: body['data'],
  };
}

function keyFromHeader(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && KEY.test(header)) return header;
  throw new Problem({
    status: 400,
    code: 'idempotency-key-malformed',
    title: 'The Idempotency-Key is malformed',
    detail: 'Send one Idempotency-Key of 1 to 255 visible ASCII characters without spaces, such as a UUID.',
  });
}

// CloudEvents makes (source, id) unique per event. Hashed, because either may be long; with a space, so that no
// Idempotency-Key can be the same.
function keyOfCloudEvent({ source, id }: Record<string, unknown>): string {
  return `cloudevent ${hash('sha256', JSON.stringify([source, id]), 'base64url')}`;
}

function foreignSite(site: string): Problem {
  return new Problem({
    status: 403,
    code: 'site-mismatch',
    title: 'The key belongs to another site',
    detail: `The key speaks for ${site}. Leave "site" out, or use the key of the site you name.`,
    errors: [{ pointer: '/site', rule: 'site-mismatch', message: `must be ${site}, or left out` }],
  });
}

function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
