import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

/** Sends exactly these bytes and returns the first whole answer, whatever any HTTP client would have refused to send. */
export function sendBytes(port: number, bytes: Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = parse(received);
      if (answer === undefined) return;
      socket.destroy();
      resolve(answer);
    });
    socket.on('end', () => reject(new Error(`The server closed after ${received.length} bytes: ${received.toString('latin1')}`)));
    socket.on('error', reject);
  });
}

function parse(received: Buffer): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const length = Number(headers.get('content-length') ?? 0);
  const body = received.subarray(end + 4);
  return body.length < length ? undefined : { status: Number(first.split(' ')[1]), headers, body: body.toString() };
}
