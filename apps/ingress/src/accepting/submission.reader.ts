import { type ContractIssue, isOwnEventType, newId, pointerOf } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { invalidEvent } from '../admission/invalid.problem.js';

/** For whom, and as part of which trace, something is read. */
export interface Reading {
  site: string;
  /** Of the span that accepts it. */
  traceparent: string | undefined;
}

/** An event of the site in the making, which the contract is yet to check. */
export interface Submission {
  envelope: Record<string, unknown>;
  issues: ContractIssue[];
}

const SIMPLE_FIELDS = new Set(['type', 'data', 'subject', 'source', 'time', 'site', 'correlationid', 'causationid']);
const ADDRESS = /[^\s@/]@[^\s@/]+\.[^\s@/]/;

/** Reads `{type, data, …}`. Throws the problem of what is no submission at all. */
export function readPlain(body: unknown, reading: Reading): Submission {
  const fields = objectOf(body);
  return submissionOf(fields, unknownFields(fields), reading);
}

/** Reads a CloudEvent, all of it in one object. Throws the problem of what is no submission at all. */
export function readCloudEvent(body: unknown, reading: Reading): Submission {
  const fields = objectOf(body);
  return submissionOf(fields, cloudEventIssues(fields), reading);
}

function submissionOf(fields: Record<string, unknown>, issues: ContractIssue[], reading: Reading): Submission {
  const { site } = fields;
  if (typeof site === 'string' && site !== reading.site) throw foreignSite(reading.site);
  noteAddresses(fields, issues);
  noteReservedType(fields, issues);
  return { envelope: envelopeOf(fields, reading), issues };
}

export function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw invalidEvent([{ pointer: '', rule: 'invalid_type', message: 'must be one JSON object: an event, not a value or a list' }]);
}

function unknownFields(body: Record<string, unknown>): ContractIssue[] {
  const issues: ContractIssue[] = [];
  for (const name of Object.keys(body)) {
    if (!SIMPLE_FIELDS.has(name)) issues.push({ pointer: pointerOf([name]), rule: 'unknown_field', message: 'is not a field of a submission' });
  }
  return issues;
}

// Attributes are shown to everybody, and kept when a person is erased. A name cannot be told from a word, an address can.
function noteAddresses(body: Record<string, unknown>, issues: ContractIssue[]): void {
  for (const name of ['subject', 'source']) {
    const value = body[name];
    if (typeof value !== 'string' || !ADDRESS.test(value)) continue;
    issues.push({ pointer: pointerOf([name]), rule: 'personal', message: 'must not hold an e-mail address: people belong into data.person' });
  }
}

function noteReservedType({ type }: Record<string, unknown>, issues: ContractIssue[]): void {
  if (typeof type !== 'string' || !isOwnEventType(type)) return;
  issues.push({ pointer: '/type', rule: 'reserved_type', message: 'is said by Posthorn itself, of what was ordered by another door: POST /v1/privacy/erasures has a person forgotten' });
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

function envelopeOf(body: Record<string, unknown>, { site, traceparent }: Reading): Record<string, unknown> {
  const id = newId();
  return {
    specversion: '1.0',
    id,
    source: body['source'] ?? `/sites/${site}`,
    type: body['type'],
    subject: body['subject'],
    time: body['time'] ?? new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: body['dataschema'],
    site: body['site'] ?? site,
    traceparent,
    correlationid: body['correlationid'] ?? id,
    causationid: body['causationid'],
    data: body['data'],
  };
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
