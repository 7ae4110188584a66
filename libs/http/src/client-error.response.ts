import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from './problem.error.js';

/** For so long the client may read why, before the connection is gone whether it likes to or not. */
const LINGER_MS = 2_000;

/** Answers what Node's parser refuses (or waited for too long) before there is a request, then closes. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  answerAndClose(socket, problemFor(error.code));
}

/** For whoever there is no request of to answer. */
export function answerAndClose(socket: Socket, problem: Problem): void {
  const body = JSON.stringify(problem);
  const headers = {
    ...problem.headers(),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  // Half a connection is one too: who never closes theirs would hold ours for good.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function problemFor(code = ''): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem({
        status: 408, code: 'request-timeout', title: 'The request took too long to arrive',
        detail: 'Send the whole request without pauses.',
      });
    case 'HPE_HEADER_OVERFLOW':
      return new Problem({ status: 431, code: 'headers-too-large', title: 'The headers are too large' });
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem({ status: 413, code: 'body-too-large', title: 'The chunk extensions are too large' });
    default:
      return new Problem({ status: 400, code: 'malformed-http', title: 'This is not a well-formed HTTP request' });
  }
}
