import { CliError, EXIT } from './cli.error.js';
import { type Access } from './client.settings.js';

const PATIENCE_MS = 40_000;

interface ProblemBody {
  title?: string;
  detail?: string;
  errors?: { pointer: string; message: string }[];
}

export interface Request {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** One request; what is not a success becomes a CliError that says what to do. */
export async function call<T>(access: Access, path: string, request: Request = {}): Promise<T> {
  const response = await send(access, path, { ...initOf(access, request), signal: AbortSignal.timeout(PATIENCE_MS) });
  const text = await response.text();
  const answer = parse(text);
  if (response.ok && answer !== undefined) return answer as T;
  throw failure(access, response.status, answer as ProblemBody | undefined);
}

export interface BytesRequest {
  /** How many bytes an answer may have. */
  readonly limit: number;
  /** Whether the key goes along. */
  readonly keyed: boolean;
}

/** The bytes of a resource; undefined when there is none. */
export async function callBytes(access: Access, path: string, { limit, keyed }: BytesRequest): Promise<Buffer | undefined> {
  const response = await send(access, path, { headers: keyed ? { authorization: `Bearer ${access.key}` } : {}, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.ok) return read(access, response, limit);
  const text = await response.text();
  if (response.status === 404) return undefined;
  throw failure(access, response.status, parse(text) as ProblemBody | undefined);
}

/** An answer as long as it has to be: its headers are here, its body is to be read. */
export async function callStream(access: Access, path: string, request: Request = {}): Promise<Response> {
  const response = await send(access, path, initOf(access, request));
  if (response.ok) return response;
  throw failure(access, response.status, parse(await response.text()) as ProblemBody | undefined);
}

function initOf({ key }: Access, { method = 'GET', body, headers = {} }: Request): RequestInit {
  return {
    method,
    headers: { ...(key === '' ? {} : { authorization: `Bearer ${key}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
}

async function read({ face, url }: Access, response: Response, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) throw new CliError(EXIT.failed, `${face} at ${url} answers with more than ${limit} bytes.`, `Check POSTHORN_${face.toUpperCase()}_URL.`);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.unreachable, `${face} at ${url} broke off its answer.`, 'Try again.');
  }
  return Buffer.concat(chunks, size);
}

async function send({ face, url }: Access, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url + path, init);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause);
    throw new CliError(EXIT.unreachable, `${face} cannot be reached at ${url} (${why}).`, `Is it running? npm start runs it on this machine; POSTHORN_${face.toUpperCase()}_URL says where else it is.`);
  }
}

function failure({ face, url, keyName = `POSTHORN_${face.toUpperCase()}_KEY` }: Access, status: number, problem: ProblemBody | undefined): CliError {
  if (status === 401 || status === 403) {
    const remedy = status === 401 ? `Check ${keyName}.` : `The key is known, and has not this right: whoever configures ${face} can give it.`;
    return new CliError(EXIT.refused, `${face} at ${url} refuses the key: ${problem?.detail ?? problem?.title ?? String(status)}`, remedy, status);
  }
  if (problem?.title === undefined) return new CliError(EXIT.unreachable, `What answers at ${url} is not ${face} (status ${status}).`, `Check POSTHORN_${face.toUpperCase()}_URL.`);
  const fields = (problem.errors ?? []).map(({ pointer, message }) => `\n  ${pointer === '' ? '(the whole)' : pointer}: ${message}`).join('');
  const exit = status >= 500 ? EXIT.unreachable : EXIT.failed;
  return new CliError(exit, `${problem.title}${problem.detail === undefined ? '' : `: ${problem.detail}`}${fields}`, undefined, status);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
