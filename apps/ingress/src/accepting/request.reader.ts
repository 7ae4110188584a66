import { BODY_LIMIT_BYTES, bodyTooLarge, type HttpRequest, Problem, refuseBadShapes } from '@posthorn/http';
import type { Draft } from '../admission/draft.js';
import { invalidEvent } from '../admission/invalid.problem.js';
import { binaryEvent, isBinaryEvent } from './binary.event.js';
import { isIdempotencyKey, keyFromHeader, keyOfCloudEvent, keysOfBatch } from './idempotency.key.js';
import { mediaTypeOf, unsupportedMediaType } from './media.type.js';
import { siteOf } from './site.caller.js';
import { objectOf, readCloudEvent, readPlain, type Submission } from './submission.reader.js';

/** What a request to `POST /v1/events` is, by its headers and the outermost of its body. */
export type Mode = 'plain' | 'structured' | 'binary' | 'batch' | 'cloudevents-batch';

export const MOST_ITEMS = 1_000;

export const isBatch = (mode: Mode): boolean => mode === 'batch' || mode === 'cloudevents-batch';

export function modeOf({ headers, body }: HttpRequest): Mode {
  switch (mediaTypeOf(headers['content-type'])) {
    case 'application/cloudevents+json':
      return 'structured';
    case 'application/cloudevents-batch+json':
      return 'cloudevents-batch';
    case 'application/json':
      if (isBinaryEvent(headers)) return 'binary';
      return Array.isArray(body) ? 'batch' : 'plain';
    default:
      throw unsupportedMediaType('Send application/json with {type, data} or a list of them, application/cloudevents+json or application/cloudevents-batch+json.');
  }
}

/** Reads the one event of a request. Throws the problem of what is no submission at all. */
export function readSingle(request: HttpRequest, mode: Mode, traceparent: string | undefined): Draft {
  const { headers, body, rawBody = '' } = request;
  const reading = { site: siteOf(request), traceparent };
  const header = keyFromHeader(headers['idempotency-key']);
  if (mode === 'plain') return draftOf(request, readPlain(body, reading), header, () => rawBody);
  const event = mode === 'binary' ? binaryEvent(headers, body) : objectOf(body);
  // A binary event's attributes are no part of its body.
  const content = mode === 'binary' ? () => JSON.stringify(event) : () => rawBody;
  return draftOf(request, readCloudEvent(event, reading), header ?? keyOfCloudEvent(event), content);
}

/** Reads the events of a list, each as if it had come alone. Throws only what is wrong with the list itself. */
export function readBatch(request: HttpRequest, mode: Mode, traceparent: string | undefined): (Draft | Problem)[] {
  const { headers, body, rawBody } = request;
  const items = itemsOf(body);
  const reading = { site: siteOf(request), traceparent };
  const keyOf = keysOfBatch(headers['idempotency-key']);
  // None of them can be too large in a body that is not.
  const mayBeLarge = (rawBody?.length ?? 0) > BODY_LIMIT_BYTES;
  const read = (item: unknown, index: number): Draft => {
    refuseBadShapes(item);
    if (mayBeLarge && Buffer.byteLength(JSON.stringify(item)) > BODY_LIMIT_BYTES) throw bodyTooLarge(BODY_LIMIT_BYTES);
    if (mode === 'cloudevents-batch') {
      const event = objectOf(item);
      return draftOf(request, readCloudEvent(event, reading), keyOf(index) ?? keyOfCloudEvent(event), () => JSON.stringify(event));
    }
    const { idempotencyKey, ...fields } = objectOf(item);
    const submission = readPlain(fields, reading);
    if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey)) submission.issues.push(MALFORMED_KEY);
    const own = isIdempotencyKey(idempotencyKey) ? idempotencyKey : undefined;
    return draftOf(request, submission, own ?? keyOf(index), () => JSON.stringify(fields));
  };
  return items.map((item, index) => {
    try {
      return read(item, index);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  });
}

const MALFORMED_KEY = { pointer: '/idempotencyKey', rule: 'pattern', message: 'must be 1 to 255 visible ASCII characters without spaces' };

function itemsOf(body: unknown): unknown[] {
  const refused = (rule: string, message: string): Problem => invalidEvent([{ pointer: '', rule, message }]);
  if (!Array.isArray(body)) throw refused('type', 'must be a list of events');
  if (body.length === 0) throw refused('too_small', 'must have at least 1 element');
  if (body.length > MOST_ITEMS) throw refused('too_big', `must have at most ${MOST_ITEMS} elements`);
  return body;
}

function draftOf(request: HttpRequest, { envelope, issues }: Submission, idempotencyKey: string | undefined, content: () => string | Buffer): Draft {
  const once = idempotencyKey === undefined ? undefined : { idempotencyKey, content: content() };
  return { channel: 'api', site: siteOf(request), caller: request.apiKey, envelope, issues, once };
}
