import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * `silent`: before it has answered. `farewell`: together with the answer comes that the server is going, as it does
 * where a busy client reads both at once.
 */
export type Death = 'silent' | 'farewell';

export interface MortalPostgres {
  /** The same database, through the proxy. */
  readonly url: string;
  /** How often it has said that it is ready for a statement: once a connection, and once a statement. */
  readonly answers: number;
  /** Dies at the n-th answer from now on, for every connection at once, and refuses new ones. */
  dieAt(answer: number, death: Death): void;
  readonly dead: boolean;
  /** Takes connections again. */
  revive(): void;
  close(): Promise<void>;
}

/** A Postgres that dies not at a time but at a chosen answer, so that a test can have it die at each of them. */
export async function createMortalPostgres(url: string): Promise<MortalPostgres> {
  const proxy = new PostgresProxy(url);
  await proxy.listen();
  return proxy;
}

const READY_FOR_QUERY = 'Z';
const HEADER = 5;

class PostgresProxy implements MortalPostgres {
  answers = 0;
  dead = false;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private fate: { answer: number; death: Death } | undefined;

  constructor(private readonly target: string) {
    this.server = createServer((client) => this.accept(client));
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  dieAt(answer: number, death: Death): void {
    this.fate = { answer: this.answers + answer, death };
  }

  revive(): void {
    this.dead = false;
    this.fate = undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.dead) {
      client.resetAndDestroy();
      return;
    }
    const { hostname, port } = new URL(this.target);
    const upstream = connect(Number(port), hostname);
    let unread: Buffer = Buffer.alloc(0);
    upstream.on('error', () => undefined).on('close', () => this.sockets.delete(upstream) && client.end());
    upstream.on('data', (chunk) => (unread = this.passWhole(Buffer.concat([unread, chunk]), client)));
    client.on('close', () => this.sockets.delete(client) && upstream.destroy());
    client.pipe(upstream);
    this.sockets.add(client).add(upstream);
  }

  /** Passes on the messages that have come whole; returns the rest. */
  private passWhole(bytes: Buffer, client: Socket): Buffer {
    let end = 0;
    while (!this.dead && bytes.length >= end + HEADER && bytes.length >= end + 1 + bytes.readInt32BE(end + 1)) {
      const start = end;
      end += 1 + bytes.readInt32BE(start + 1);
      if (String.fromCharCode(bytes[start] ?? 0) !== READY_FOR_QUERY) continue;
      this.answers += 1;
      if (this.answers !== this.fate?.answer) continue;
      this.die(client, this.fate.death === 'farewell' ? Buffer.concat([bytes.subarray(0, end), FAREWELL]) : bytes.subarray(0, start));
    }
    if (!this.dead && end > 0) client.write(bytes.subarray(0, end));
    return bytes.subarray(end);
  }

  private die(client: Socket, lastWords: Buffer): void {
    this.dead = true;
    client.end(lastWords);
    for (const socket of this.sockets) if (socket !== client) socket.destroy();
  }
}

const FAREWELL = errorResponse({ S: 'FATAL', V: 'FATAL', C: '57P01', M: 'terminating connection due to unexpected postmaster exit' });

function errorResponse(fields: Record<string, string>): Buffer {
  const body = Buffer.from(`${Object.entries(fields).map(([type, value]) => `${type}${value}\0`).join('')}\0`);
  const header = Buffer.alloc(HEADER);
  header.write('E');
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}
