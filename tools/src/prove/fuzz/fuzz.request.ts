/** How the bytes are put on the wire. All but the first two end their connection. */
export const WIRES = ['plain', 'chunked', 'pieces', 'pipelined', 'cut-off', 'too-short', 'bad-chunk', 'two-lengths', 'line-feeds', 'http-1.0', 'no-host', 'two-hosts', 'folded-header', 'nul-header'] as const;
export type Wire = (typeof WIRES)[number];

/** A request as it will be sent, byte for byte. */
export interface FuzzRequest {
  service: string;
  method: string;
  path: string;
  /** With its question mark; empty without a question. */
  query: string;
  headers: [name: string, value: string][];
  body: Buffer | undefined;
  wire: Wire;
}

export const headerOf = ({ headers }: FuzzRequest, wanted: string): string | undefined => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

export function withHeader(request: FuzzRequest, name: string, value: string | undefined): FuzzRequest {
  const others = request.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...request, headers: value === undefined ? others : [...others, [name, value]] };
}

/** The bytes of a request; what a wire adds to them that is wrong, too. */
export function bytesOf(request: FuzzRequest, host: string): Buffer {
  const { method, path, query, wire, body = Buffer.alloc(0) } = request;
  const line = wire === 'line-feeds' ? '\n' : '\r\n';
  const chunked = wire === 'chunked' || wire === 'bad-chunk';
  const declared = wire === 'too-short' ? body.length + 7 : body.length;
  const lasts = !endsConnection(wire);
  const head = [
    `${method} ${path}${query} HTTP/${wire === 'http-1.0' ? '1.0' : '1.1'}`,
    ...(wire === 'no-host' ? [] : wire === 'two-hosts' ? [`Host: ${host}`, 'Host: elsewhere.example'] : [`Host: ${host}`]),
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
    ...(chunked ? ['Transfer-Encoding: chunked'] : request.body === undefined ? [] : [`Content-Length: ${declared}`]),
    ...(wire === 'two-lengths' ? ['Content-Length: 3', 'Transfer-Encoding: chunked'] : []),
    ...(wire === 'folded-header' ? ['X-Folded: one', ' two'] : []),
    ...(wire === 'nul-header' ? ['X-Nul: a\0b'] : []),
    ...(lasts ? [] : ['Connection: close']),
  ];
  const sent = wire === 'cut-off' ? body.subarray(0, Math.floor(body.length / 2)) : body;
  const one = Buffer.concat([Buffer.from(head.join(line) + line + line, 'latin1'), wire === 'bad-chunk' ? Buffer.from('zz\r\nnot a chunk\r\n') : chunked ? inChunks(sent) : sent]);
  return wire === 'pipelined' ? Buffer.concat([Buffer.from(`GET /live HTTP/1.1\r\nHost: ${host}\r\n\r\n`), one]) : one;
}

export const endsConnection = (wire: Wire): boolean => wire !== 'plain' && wire !== 'chunked';

/** More than any body but a list may have. */
const LONG_BYTES = 256 * 1024;

/**
 * Who sends these has no right to an answer: to close is one. An answer is lost when its reader is still sending what
 * nobody reads (in pieces, or more than is taken), and what is wrong behind a request ends the connection before its answer.
 */
export const mayBeClosed = ({ wire, body }: FuzzRequest): boolean => ['cut-off', 'too-short', 'bad-chunk', 'two-lengths', 'pieces', 'pipelined'].includes(wire) || (body?.length ?? 0) > LONG_BYTES;

function inChunks(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += 997) {
    const part = body.subarray(at, at + 997);
    parts.push(Buffer.from(`${part.length.toString(16)};ext=1\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\nX-Trailer: 1\r\n\r\n')]);
}

/** A request for somebody to try: as curl where curl can say it. */
export function curlOfRequest(request: FuzzRequest, url: string, secrets: readonly string[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const { method, path, query, headers, body, wire } = request;
  const shown = body === undefined ? undefined : body.length > 2_000 ? `${body.toString('latin1', 0, 300)}… (${body.length} bytes)` : body.toString();
  const text = [
    `curl -i --path-as-is -X ${quoted(method)} ${quoted(url + path + query)}`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value.length > 500 ? `${value.slice(0, 100)}… (${value.length} characters)` : value}`)}`),
    ...(shown === undefined ? [] : [`--data-binary ${quoted(shown)}`]),
    ...(wire === 'plain' ? [] : [`# on the wire: ${wire}`]),
  ].join(' ');
  return secrets.reduce((said, secret, index) => said.replaceAll(secret, `$KEY_${index}`), text);
}
