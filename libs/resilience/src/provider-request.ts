import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ProviderError, RetryableError, UnknownOutcomeError } from './provider.errors.js';

export interface ProviderRequest {
  /** How the provider is called in messages, for example `HubSpot`. */
  provider: string;
  method: string;
  url: string | URL;
  headers?: Record<string, string>;
  body?: string;
  /** The guard's signal for this one call. */
  signal: AbortSignal;
  /** Per request; the guard's deadline is for the whole call, which may be several requests. */
  timeoutMs?: number;
  /** Default 1 MiB. An endless answer must not cost the process its memory. */
  maxResponseBytes?: number;
}

export interface ProviderResponse {
  status: number;
  headers: Headers;
  body: string;
}

/**
 * One HTTP request to a provider. Any answer resolves, whatever its status; what never became an
 * answer is told apart by the one thing that matters later: could the provider have acted on it?
 * Not sent → `RetryableError`; sent and no full answer → `UnknownOutcomeError`.
 * Redirects are not followed: they would carry the credentials to wherever the answer points.
 */
export async function requestProvider(request: ProviderRequest): Promise<ProviderResponse> {
  const giveUp = new AbortController();
  const abort = (): void => giveUp.abort();
  const timer = setTimeout(abort, request.timeoutMs ?? 10_000);
  request.signal.addEventListener('abort', abort);
  if (request.signal.aborted) abort();
  try {
    const answer = await send(request, giveUp.signal);
    const body = await readText(answer, request.maxResponseBytes ?? 1_048_576, request.provider);
    return { status: statusOf(answer), headers: headersOf(answer), body };
  } catch (error) {
    throw translateFailure(error, request.provider, giveUp.signal);
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener('abort', abort);
  }
}

// Node's own client and not `fetch`, which takes three times the processor time of it. Its global agents keep
// connections open for a few seconds, and know of a proxy when Node does.
function send({ method, url: given, headers, body = '' }: ProviderRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const url = new URL(given);
    const length = body === '' && (method === 'GET' || method === 'HEAD') ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, headers: { 'user-agent': 'posthorn', 'accept-encoding': 'identity', ...headers, ...length }, signal };
    const outgoing = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
    outgoing.once('response', resolve).on('error', reject).end(body);
  });
}

function statusOf(answer: IncomingMessage): number {
  return answer.statusCode ?? 0;
}

function headersOf(answer: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) headers.append(answer.rawHeaders[at] ?? '', answer.rawHeaders[at + 1] ?? '');
  return headers;
}

async function readText(answer: IncomingMessage, maxBytes: number, provider: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(answer) as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new UnknownOutcomeError('PROVIDER_RESPONSE_TOO_LARGE', `${provider} answered with more than ${maxBytes} bytes`, {
        status: statusOf(answer),
        remedy: 'Check that the configured URL is the API and not a web page.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const DECODERS: Partial<Record<string, () => Transform>> = { gzip: createGunzip, 'x-gzip': createGunzip, br: createBrotliDecompress, deflate: createInflate };

/** Answers are small, so we ask for them as they are; some proxies compress all the same. */
function decoded(answer: IncomingMessage): Readable {
  const decoder = DECODERS[answer.headers['content-encoding']?.trim().toLowerCase() ?? 'identity']?.();
  if (decoder === undefined) return answer;
  // `pipe` does not carry errors along, and an answer that breaks off must not look like a short one.
  answer.once('error', (error) => decoder.destroy(error)).once('close', () => answer.complete || decoder.destroy(new Error('aborted')));
  return answer.pipe(decoder);
}

/** What fails while a connection is being made; by then no byte of the request has left. */
const NOT_SENT = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL',
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function translateFailure(error: unknown, provider: string, signal: AbortSignal): Error {
  if (error instanceof ProviderError) return error;
  if (signal.aborted) {
    return new UnknownOutcomeError('PROVIDER_TIMEOUT', `${provider} did not answer in time`, { cause: error });
  }
  const code = causeCode(error);
  if (code !== undefined && NOT_SENT.has(code)) {
    return new RetryableError('PROVIDER_UNREACHABLE', `${provider} cannot be reached (${code})`, {
      cause: error,
      remedy: 'Check the address of the provider and the network between.',
    });
  }
  return new UnknownOutcomeError('PROVIDER_CONNECTION_LOST', `The connection to ${provider} broke before it answered (${code ?? 'no code'})`, { cause: error });
}

function causeCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
