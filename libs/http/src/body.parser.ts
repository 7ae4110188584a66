import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findBadShapes } from './json-shape.check.js';
import { Problem } from './problem.error.js';

export const JSON_TYPES = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'] as const;
const [OPENING_BRACKET, FIRST_VISIBLE] = [0x5b, 0x21];
/** Levels of JSON, unless an app says otherwise. */
export const MAX_DEPTH = 32;
const FORM_TYPE = 'application/x-www-form-urlencoded';
/** Of one form, however often a name comes. */
export const MAX_FORM_FIELDS = 500;
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;

export interface BodyParserOptions {
  maxDepth: number;
  /** Of all bodies but the lists that a handler with @TakesBatches() takes. */
  bodyLimitBytes: number;
  /** Also takes HTML forms: url-encoded ones parsed, multipart ones read and left unparsed. */
  forms: boolean;
}

/** Replaces Fastify's parsers: bytes are kept, then checked for encoding, syntax, depth and dangerous keys. */
export function registerBodyParsers(fastify: FastifyInstance, options: BodyParserOptions): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>([...JSON_TYPES], { parseAs: 'buffer' }, (request, body, done) => {
    if (request.routeOptions.config.bytesOnly !== undefined) {
      request.rawBody = body;
      done(null, undefined);
      return;
    }
    try {
      done(null, parseJson(request, body, options));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  if (!options.forms) return;
  fastify.addContentTypeParser<Buffer>(FORM_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    request.rawBody = body;
    const fields = parseForm(body);
    if (fields === undefined) done(formTooLarge());
    else done(null, fields);
  });
  fastify.addContentTypeParser<Buffer>('multipart/form-data', { parseAs: 'buffer' }, (request, body, done) => {
    request.rawBody = body;
    done(null, undefined);
  });
}

/** For an onRequest hook: compressed bodies are refused before a byte is read (and a zip bomb with them). */
export function refuseContentEncoding(request: FastifyRequest): Problem | undefined {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return undefined;
  return new Problem({
    status: 415,
    code: 'unsupported-content-encoding',
    title: 'Compressed bodies are not accepted',
    detail: 'Send the body without a content-encoding.',
    headers: { 'accept-encoding': 'identity' },
  });
}

function parseJson(request: FastifyRequest, body: Buffer, { maxDepth, bodyLimitBytes }: BodyParserOptions): unknown {
  const charset = CHARSET.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw new Problem({
      status: 415, code: 'unsupported-charset', title: 'JSON is UTF-8', detail: 'Send the body as UTF-8.',
    });
  }
  if (body.length === 0) {
    throw new Problem({ status: 400, code: 'empty-body', title: 'The body is empty', detail: 'Send a JSON object.' });
  }
  const batch = request.routeOptions.config.batches !== undefined && beginsAsList(body);
  if (!batch && body.length > bodyLimitBytes) throw bodyTooLarge(bodyLimitBytes);
  if (!isUtf8(body)) {
    throw new Problem({
      status: 400, code: 'invalid-encoding', title: 'The body is not valid UTF-8',
      detail: 'Encode the body as UTF-8; it may be Latin-1 or cut in the middle of a character.',
    });
  }
  const value = parseText(body.toString('utf8'));
  if (!batch) refuseBadShapes(value, maxDepth);
  request.rawBody = body;
  return value;
}

/** Throws the problem that names whatever is nested too deeply, could change a prototype or cannot be stored. */
export function refuseBadShapes(value: unknown, maxDepth = MAX_DEPTH): void {
  const errors = findBadShapes(value, maxDepth);
  if (errors.length === 0) return;
  throw new Problem({
    status: 400, code: 'unsafe-json', title: 'The JSON is nested too deeply or uses names or text not allowed',
    detail: `At most ${maxDepth} levels; no __proto__, constructor or prototype; no NUL characters.`, errors,
  });
}

/** The same as Fastify's own answer to a body beyond its limit. */
export function bodyTooLarge(limitBytes: number): Problem {
  return new Problem({
    status: 413, code: 'body-too-large', title: 'The body is too large',
    detail: `At most ${limitBytes / 1024} KiB. Send a smaller body, or split it.`,
  });
}

function beginsAsList(body: Buffer): boolean {
  return body.find((byte) => byte >= FIRST_VISIBLE) === OPENING_BRACKET;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the body, which may be personal; only the place is passed on.
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw new Problem({
      status: 400, code: 'malformed-json', title: 'The body is not JSON',
      detail: position === undefined ? 'It ends too early.' : `It stops being JSON at character ${position}.`,
      cause: error,
    });
  }
}

/** Undefined when there are more fields than any form has: to gather them would take longer than to send them. */
function parseForm(body: Buffer): Record<string, string | string[]> | undefined {
  const fields = Object.create(null) as Record<string, string | string[]>;
  let count = 0;
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    count += 1;
    if (count > MAX_FORM_FIELDS) return undefined;
    const known = fields[name];
    fields[name] = known === undefined ? value : [known, value].flat();
  }
  return fields;
}

export function formTooLarge(): Problem {
  return new Problem({
    status: 413, code: 'form-too-large', title: 'The form has too many fields', detail: `Send at most ${MAX_FORM_FIELDS} fields.`,
  });
}
