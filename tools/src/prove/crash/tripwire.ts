import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Whether these bytes are what is waited for. It sees everything that is sent, armed or not, and may learn from it. */
export type Signature = (sent: string) => boolean;

export interface Trip {
  signature: Signature;
  /** What is held: the request itself, or its answer, when whoever is behind the wire has done what was asked. */
  hold: 'request' | 'answer';
}

/**
 * A wire between a service and one of its servers that can be told to stop at a certain message: the message does not
 * get through, nor does anything after it. It reads what passes; the service knows nothing of it.
 */
export class Tripwire {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private armed: { trip: Trip; spring: () => void } | undefined;
  private sprung = false;

  private constructor(private readonly target: number, private readonly signatures: readonly Signature[]) {
    this.server = createServer((service) => this.join(service));
  }

  static async to(target: number, signatures: readonly Signature[]): Promise<Tripwire> {
    const wire = new Tripwire(target, signatures);
    wire.server.listen(0, '127.0.0.1');
    await once(wire.server, 'listening');
    return wire;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves when the message has come, and is held. */
  arm(trip: Trip): Promise<void> {
    return new Promise((spring) => (this.armed = { trip, spring }));
  }

  /** Lets everything through again, on new connections. */
  reset(): void {
    this.armed = undefined;
    this.sprung = false;
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.reset();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(service: Socket): void {
    const server = connect(this.target, '127.0.0.1');
    // Set once the request whose answer is to be held has gone through on this connection.
    let asked = false;
    this.watch(service, server, (chunk) => {
      const seen = new Set(this.signatures.filter((signature) => signature(chunk.toString('latin1'))));
      if (this.armed === undefined || !seen.has(this.armed.trip.signature)) return false;
      if (this.armed.trip.hold === 'request') return true;
      asked = true;
      return false;
    });
    this.watch(server, service, () => asked && this.armed?.trip.hold === 'answer');
  }

  private watch(from: Socket, to: Socket, trips: (chunk: Buffer) => boolean): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => {
      if (this.sprung) return;
      if (!trips(chunk)) {
        to.write(chunk);
        return;
      }
      this.sprung = true;
      this.armed?.spring();
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }
}
