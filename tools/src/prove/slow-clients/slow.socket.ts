import { connect, type Socket } from 'node:net';

/** Addresses of this machine other clients do not come from, so that what they do counts against themselves. */
const ADDRESSES = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
const BYTE_EVERY_MS = 1_000;
const AGAIN_AFTER_MS = 100;

export interface Endured {
  /** Connections that ingress ended. */
  cut: number;
  /** Of those, with the answer 408 before. */
  told: number;
  /** Attempts that got no connection. */
  refused: number;
}

/** Slow clients: each sends a byte a second, every other one of its headers and the others of a body, and comes again when it is cut off. */
export class SlowClients {
  readonly endured: Endured = { cut: 0, told: 0, refused: 0 };
  private readonly sockets = new Set<Socket>();
  private stopped = false;

  constructor(
    private readonly url: URL,
    private readonly key: string,
  ) {}

  get connected(): number {
    return [...this.sockets].filter(({ readyState }) => readyState === 'open').length;
  }

  start(count: number): void {
    for (let number = 0; number < count; number += 1) this.open(number);
  }

  stop(): void {
    this.stopped = true;
    for (const socket of this.sockets) socket.destroy();
  }

  private open(number: number): void {
    const { hostname: host, port } = this.url;
    const socket = connect({ host, port: Number(port), localAddress: ADDRESSES[number % ADDRESSES.length] });
    this.sockets.add(socket);
    let [connected, told] = [false, false];
    const dribble = setInterval(() => socket.write('x'), BYTE_EVERY_MS);
    socket.on('connect', () => {
      connected = true;
      socket.write(number % 2 === 0 ? this.headers() : this.body());
    });
    socket.on('data', (answer) => (told ||= answer.toString('latin1').startsWith('HTTP/1.1 408')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(dribble);
      this.sockets.delete(socket);
      if (this.stopped) return;
      if (connected) this.endured.cut += 1;
      else this.endured.refused += 1;
      if (told) this.endured.told += 1;
      setTimeout(() => {
        if (!this.stopped) this.open(number);
      }, AGAIN_AFTER_MS);
    });
  }

  private headers(): string {
    return `POST /v1/events HTTP/1.1\r\nHost: ${this.url.host}\r\nX-Slow: `;
  }

  private body(): string {
    return `POST /v1/events HTTP/1.1\r\nHost: ${this.url.host}\r\nAuthorization: Bearer ${this.key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`;
  }
}
