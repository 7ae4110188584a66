import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface FaultProxy {
  readonly port: number;
  /** Open connections, faulty ones included. */
  readonly connections: number;
  /** Resets every connection and refuses new ones by resetting them too. */
  cut(): void;
  /** Keeps every connection open, accepts new ones, and lets no byte through in either direction. */
  hang(): void;
  /** Holds each chunk back for so long, in both directions. */
  delay(ms: number): void;
  /** Faultless again. What hung goes on where it stopped. */
  restore(): void;
  close(): Promise<void>;
}

type Fault = { kind: 'none' } | { kind: 'cut' } | { kind: 'hang' } | { kind: 'delay'; ms: number };

/** A TCP proxy on this machine that misbehaves on request. */
export async function createFaultProxy(options: { target: { host?: string; port: number } | string }): Promise<FaultProxy> {
  const target = typeof options.target === 'string' ? parseTarget(options.target) : { host: '127.0.0.1', ...options.target };
  const proxy = new TcpFaultProxy(target);
  await proxy.listen();
  return proxy;
}

function parseTarget(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

class TcpFaultProxy implements FaultProxy {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private fault: Fault = { kind: 'none' };

  constructor(private readonly target: { host: string; port: number }) {
    this.server = createServer((client) => this.accept(client));
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return Math.ceil(this.sockets.size / 2);
  }

  cut(): void {
    this.fault = { kind: 'cut' };
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  hang(): void {
    this.fault = { kind: 'hang' };
    for (const socket of this.sockets) socket.pause();
  }

  delay(ms: number): void {
    this.restore();
    this.fault = { kind: 'delay', ms };
  }

  restore(): void {
    this.fault = { kind: 'none' };
    for (const socket of this.sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    if (this.fault.kind === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(this.target.port, this.target.host);
    this.join(client, upstream);
    this.join(upstream, client);
  }

  private join(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    if (this.fault.kind === 'hang') from.pause();
    from.on('data', (chunk) => this.pass(chunk, to));
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      if (this.fault.kind !== 'hang') to.destroy();
    });
  }

  private pass(chunk: Buffer, to: Socket): void {
    if (this.fault.kind === 'delay') setTimeout(() => to.write(chunk), this.fault.ms);
    else to.write(chunk);
  }
}
