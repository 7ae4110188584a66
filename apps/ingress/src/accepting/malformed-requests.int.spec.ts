import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACME_KEY, lead, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { sendBytes } from '../raw-http.test-kit.js';

interface Request {
  method?: string;
  path?: string;
  version?: string;
  /** `null` leaves a header out. */
  headers?: Record<string, string | null>;
  body?: string | Buffer;
  /** Instead of all of the above. */
  raw?: string;
}

/** What is sent, the status, the problem's code, and the pointers it must name. */
type Row = [what: string, request: Request, status: number, code: string, pointers?: string[]];

const json = (value: unknown): string => JSON.stringify(value);
const person = { email: 'jane@example.com' };
const cloudEvent = { specversion: '1.0', id: '1', source: '/shop', ...lead() };
const asCloudEvent = (change: object): Request => ({ headers: { 'content-type': 'application/cloudevents+json' }, body: json({ ...cloudEvent, ...change }) });
const withHeaders = (headers: Record<string, string | null>): Request => ({ headers });
const nested = (levels: number): string => `{"type":"lead.submitted","data":${'['.repeat(levels)}${']'.repeat(levels)}}`;

const ROWS: Row[] = [
  // Keys
  ['no key', withHeaders({ authorization: null }), 401, 'key-missing'],
  ['a key of nobody', withHeaders({ authorization: 'Bearer ph_nobody' }), 401, 'key-unknown'],
  ['another scheme', withHeaders({ authorization: 'Basic YTpi' }), 401, 'key-malformed'],
  ['a scheme without a key', withHeaders({ authorization: 'Bearer' }), 401, 'key-malformed'],
  ['a key of 5,000 characters', withHeaders({ authorization: `Bearer ${'x'.repeat(5_000)}` }), 401, 'key-malformed'],
  ['the hash of a key instead of the key', withHeaders({ authorization: `Bearer ${'a'.repeat(64)}` }), 401, 'key-unknown'],
  ['another site than the key’s', { body: json({ ...lead(), site: 'other' }) }, 403, 'site-mismatch', ['/site']],

  // Content types and encodings
  ['plain text', withHeaders({ 'content-type': 'text/plain' }), 415, 'unsupported-media-type'],
  ['XML', { headers: { 'content-type': 'application/xml' }, body: '<event/>' }, 415, 'unsupported-media-type'],
  ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'type=lead.submitted' }, 415, 'unsupported-media-type'],
  ['a multipart form', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }, 415, 'unsupported-media-type'],
  ['no content type', withHeaders({ 'content-type': null }), 415, 'unsupported-media-type'],
  ['a content type that is none', withHeaders({ 'content-type': ';;;' }), 415, 'unsupported-media-type'],
  ['JSON said to be Latin-1', withHeaders({ 'content-type': 'application/json; charset=iso-8859-1' }), 415, 'unsupported-charset'],
  ['a gzipped body', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(json(lead())) }, 415, 'unsupported-content-encoding'],
  ['a zip bomb', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(10_000_000)) }, 415, 'unsupported-content-encoding'],
  ['Latin-1 bytes', { body: Buffer.from('{"type":"lead.submitted","data":"Müller"}', 'latin1') }, 400, 'invalid-encoding'],
  ['UTF-8 cut in the middle', { body: Buffer.from(json({ type: 'ü' })).subarray(0, 10) }, 400, 'invalid-encoding'],
  ['UTF-16', { body: Buffer.from(json(lead()), 'utf16le') }, 400, 'malformed-json'],
  ['a NUL character', { body: '{"type":"lead.submitted","data":{"message":"a\\u0000b"}}' }, 400, 'unsafe-json', ['/data/message']],
  ['half a surrogate pair', { body: '{"type":"lead.submitted","data":{"message":"\\ud800"}}' }, 400, 'unsafe-json', ['/data/message']],

  // JSON
  ['no body', { body: '' }, 400, 'empty-body'],
  ['half an object', { body: '{"type":"lead.submitted"' }, 400, 'malformed-json'],
  ['a trailing comma', { body: '{"type":"lead.submitted",}' }, 400, 'malformed-json'],
  ['NaN', { body: '{"type":NaN}' }, 400, 'malformed-json'],
  ['single quotes', { body: "{'type':'lead.submitted'}" }, 400, 'malformed-json'],
  ['two objects', { body: `${json(lead())}${json(lead())}` }, 400, 'malformed-json'],
  ['a list in another list', { body: json([[lead()]]) }, 422, 'batch-refused'],
  ['null', { body: 'null' }, 422, 'validation-failed', ['']],
  ['a number', { body: '42' }, 422, 'validation-failed', ['']],
  ['a text', { body: '"lead.submitted"' }, 422, 'validation-failed', ['']],
  ['31 levels of data below the object', { body: nested(32) }, 400, 'unsafe-json', [`/data${'/0'.repeat(31)}`]],
  ['5,000 levels', { body: nested(5_000) }, 400, 'unsafe-json'],
  ['100,000 levels', { body: nested(100_000) }, 400, 'unsafe-json'],
  ['a __proto__ key', { body: '{"type":"lead.submitted","__proto__":{"site":"other"},"data":{}}' }, 400, 'unsafe-json', ['/__proto__']],
  ['a __proto__ key in disguise', { body: '{"type":"lead.submitted","data":{"\\u005f_proto__":{}}}' }, 400, 'unsafe-json', ['/data/__proto__']],
  ['a constructor key', { body: '{"type":"form.submitted","data":{"form":"f","fields":{"constructor":"x"}}}' }, 400, 'unsafe-json', ['/data/fields/constructor']],
  ['256 KiB and a byte', { body: `"${'x'.repeat(262_143)}"` }, 413, 'body-too-large'],
  ['six megabytes said beforehand', { headers: { 'content-length': '6000000' }, body: '{' }, 413, 'body-too-large'],

  // The event
  ['an empty object', { body: '{}' }, 422, 'validation-failed', ['/type']],
  ['an unknown type', { body: json({ type: 'lead.lost', data: {} }) }, 422, 'validation-failed', ['/type']],
  ['a type inherited from Object', { body: json({ type: 'toString', data: {} }) }, 422, 'validation-failed', ['/type']],
  ['a type that is a number', { body: json({ type: 7, data: {} }) }, 422, 'validation-failed', ['/type']],
  ['a person’s address as its subject', { body: json({ ...lead(), subject: 'jane@example.com' }) }, 422, 'validation-failed', ['/subject']],
  ['a person’s address as its source', { body: json({ ...lead(), source: 'mailto:jane@example.com' }) }, 422, 'validation-failed', ['/source']],
  ['no data', { body: json({ type: 'lead.submitted' }) }, 422, 'validation-failed', ['/data']],
  ['data that is a list', { body: json({ type: 'lead.submitted', data: [] }) }, 422, 'validation-failed', ['/data']],
  ['no person', { body: json({ type: 'lead.submitted', data: {} }) }, 422, 'validation-failed', ['/data/person']],
  ['an address that is none', { body: json(lead('jane')) }, 422, 'validation-failed', ['/data/person/email']],
  ['an address with a line break', { body: json(lead('jane@example.com\r\nBcc: all@example.com')) }, 422, 'validation-failed', ['/data/person/email']],
  ['an unknown field', { body: json({ ...lead(), extra: 1 }) }, 422, 'validation-failed', ['/extra']],
  ['unknown fields inside', { body: json({ type: 'lead.submitted', data: { person: { ...person, age: 7 }, x: 1 } }) }, 422, 'validation-failed', ['/data/person/age', '/data/x']],
  ['a time zone that is none', { body: json({ type: 'appointment.booked', data: { appointmentId: 'a', start: '2026-05-01T10:00:00+02:00', end: '2026-05-01T11:00:00+02:00', timeZone: 'Mars/Base', title: 'Visit', person } }) }, 422, 'validation-failed', ['/data/timeZone']],
  ['a time without an offset', { body: json({ ...lead(), time: '2026-05-01T10:00:00' }) }, 422, 'validation-failed', ['/time']],
  ['an amount that is a number', { body: json({ type: 'order.paid', data: { orderId: '1', total: { amount: 12.5, currency: 'EUR' }, lines: [{ name: 'Tea', quantity: 1, price: '12.50' }], person } }) }, 422, 'validation-failed', ['/data/total/amount']],
  ['an own id', { body: json({ ...lead(), id: '0190f3a0-0000-7000-8000-000000000000' }) }, 422, 'validation-failed', ['/id']],
  ['a causation that is no event', { body: json({ ...lead(), causationid: 'x' }) }, 422, 'validation-failed', ['/causationid']],
  ['a site that is a list', { body: json({ ...lead(), site: ['acme'] }) }, 422, 'validation-failed', ['/site']],

  // CloudEvents
  ['a CloudEvent of another version', asCloudEvent({ specversion: '0.3' }), 422, 'validation-failed', ['/specversion']],
  ['a CloudEvent without id and source', asCloudEvent({ id: undefined, source: undefined }), 422, 'validation-failed', ['/id', '/source']],
  ['a CloudEvent in base64', asCloudEvent({ data_base64: 'e30=' }), 422, 'validation-failed', ['/data_base64']],
  ['a CloudEvent of XML', asCloudEvent({ datacontenttype: 'text/xml' }), 422, 'validation-failed', ['/datacontenttype']],
  ['a CloudEvent of another schema', asCloudEvent({ dataschema: 'https://example.com/other' }), 422, 'validation-failed', ['/dataschema']],
  ['a CloudEvent of which only the headers of another came', { headers: { 'ce-type': 'lead.submitted' } }, 422, 'validation-failed', ['/specversion', '/id', '/source', '/data/type', '/data/data', '/data/person']],
  ['a list called a CloudEvent', { headers: { 'content-type': 'application/cloudevents+json' }, body: json([cloudEvent]) }, 422, 'validation-failed', ['']],
  ['a CloudEvent called a list', { headers: { 'content-type': 'application/cloudevents-batch+json' }, body: json(cloudEvent) }, 422, 'validation-failed', ['']],

  // Batches
  ['an empty list', { body: '[]' }, 422, 'validation-failed', ['']],
  ['an empty list of CloudEvents', { headers: { 'content-type': 'application/cloudevents-batch+json' }, body: '[]' }, 422, 'validation-failed', ['']],
  ['a list of 1,001', { body: json(Array.from({ length: 1_001 }, () => 0)) }, 422, 'validation-failed', ['']],
  ['a list cut in the middle', { body: json([lead()]).slice(0, -5) }, 400, 'malformed-json'],
  ['an Idempotency-Key too long for a list', { headers: { 'idempotency-key': 'k'.repeat(251) }, body: json([lead()]) }, 400, 'idempotency-key-malformed'],
  ['five MiB and a byte in a list', { body: `["${'x'.repeat(5 * 1024 * 1024 - 3)}"]` }, 413, 'body-too-large'],

  // Idempotency keys
  ['an empty Idempotency-Key', withHeaders({ 'idempotency-key': '' }), 400, 'idempotency-key-malformed'],
  ['an Idempotency-Key of 300 characters', withHeaders({ 'idempotency-key': 'k'.repeat(300) }), 400, 'idempotency-key-malformed'],
  ['an Idempotency-Key with a space', withHeaders({ 'idempotency-key': 'a b' }), 400, 'idempotency-key-malformed'],

  // HTTP
  ['another path', { path: '/v2/events' }, 404, 'not-found'],
  ['a path that is not well-formed', { path: '/v1/events/%zz' }, 400, 'malformed-url'],
  ['a path of 5,000 characters', { method: 'GET', path: `/v1/events/${'x'.repeat(5_000)}` }, 414, 'url-too-long'],
  ['PUT', { method: 'PUT' }, 405, 'method-not-allowed'],
  ['GET of the collection', { method: 'GET' }, 405, 'method-not-allowed'],
  ['an unknown method', { method: 'BREW' }, 400, 'malformed-http'],
  ['an id that is none', { method: 'GET', path: '/v1/events/1%20OR%201=1' }, 404, 'event-unknown'],
  ['no Host', withHeaders({ host: null }), 400, 'host-missing'],
  ['headers of 20 KiB', withHeaders({ 'x-filler': 'x'.repeat(20_000) }), 431, 'headers-too-large'],
  ['two different lengths', { raw: 'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}' }, 400, 'malformed-http'],
  ['a length beside chunks (request smuggling)', { raw: 'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' }, 400, 'malformed-http'],
  ['chunks that are none', { raw: `POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${ACME_KEY}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nnope\r\n` }, 400, 'malformed-http'],
  ['a negative length', { headers: { 'content-length': '-1' } }, 400, 'malformed-http'],
  ['a line break smuggled into a header', { raw: 'POST /v1/events HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n' }, 400, 'malformed-http'],
  ['not HTTP', { raw: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' }, 400, 'malformed-http'],
];

describe('malformed requests', () => {
  let ingress: TestIngress;

  beforeAll(async () => {
    const [database, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, nats.servers);
    ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  });
  afterAll(() => ingress.stop());

  it('are what is wrong with the rows: the request they all vary is accepted', async () => {
    expect((await sendBytes(ingress.port, bytesOf({}))).status).toBe(202);
  });

  it.each(ROWS)('%s', async (_, request, status, code, pointers) => {
    const answer = await sendBytes(ingress.port, bytesOf(request));
    const problem = JSON.parse(answer.body) as { status: number; code: string; title: string; type: string; errors?: { pointer: string; rule: string; message: string }[] };
    expect([answer.status, problem.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(problem).toMatchObject({ status, type: `https://posthorn.dev/problems/${code}` });
    expect(problem.title).not.toBe('');
    if (pointers !== undefined) expect(new Set(problem.errors?.map(({ pointer }) => pointer))).toEqual(new Set(pointers));
    if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
    if (status === 405) expect(answer.headers.get('allow')).toBe('POST');
  });

  it('leave the service as it was', async () => {
    expect((await ingress.submit(lead())).status).toBe(202);
    const metrics = await (await ingress.get('/metrics')).text();
    // While starting, /ready may have said 503; nothing else ever did.
    expect(metrics).not.toMatch(/http_request_duration_seconds_count\{[^}]*route="(?!\/ready")[^"]*",status="5/);
    expect(metrics).toMatch(/http_request_duration_seconds_count\{method="POST",route="\/v1\/events",status="422"\}/);
  });
});

function bytesOf(request: Request): Buffer {
  if (request.raw !== undefined) return Buffer.from(request.raw, 'latin1');
  const body = Buffer.from(request.body ?? json(lead()));
  const headers: Record<string, string | null> = {
    host: 'ingress.example',
    authorization: `Bearer ${ACME_KEY}`,
    'content-type': 'application/json',
    'content-length': String(body.length),
    ...request.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  const head = `${request.method ?? 'POST'} ${request.path ?? '/v1/events'} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
