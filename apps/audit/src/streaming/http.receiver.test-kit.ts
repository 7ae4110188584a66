import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedEntry {
  position: number;
  site?: string;
  kind: string;
  data: unknown;
}

/** Takes NDJSON by POST, and keeps what it has acknowledged apart from what it only saw. */
export class HttpSiem {
  readonly acknowledged: ReceivedEntry[][] = [];
  readonly headers: Record<string, unknown>[] = [];
  private server: Server | undefined;
  port = 0;
  /** What it answers, for each batch; undefined: the connection is reset after the batch was read. */
  answer: (batch: readonly ReceivedEntry[]) => number | undefined = () => 204;

  async start(): Promise<this> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.headers.push(request.headers);
        const batch = Buffer.concat(chunks).toString().trimEnd().split('\n').map((line) => JSON.parse(line) as ReceivedEntry);
        const status = this.answer(batch);
        if (status === undefined) {
          request.socket.resetAndDestroy();
          return;
        }
        if (status < 300) this.acknowledged.push(batch);
        response.writeHead(status).end();
      });
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async kill(): Promise<void> {
    const closed = once(this.server!, 'close');
    this.server!.close();
    this.server!.closeAllConnections();
    await closed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/ingest`;
  }

  get positions(): number[] {
    return this.acknowledged.flat().map(({ position }) => position);
  }
}
