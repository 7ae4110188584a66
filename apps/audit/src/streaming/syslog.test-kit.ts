import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';

/** Of 127.0.0.1, by itself, and for tests alone: its key is no secret. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUSVTCTpuTuu8bMyNndmHb2+MJwOQwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMzAxMzcwNFoYDzIxMjYxMDMw
MDEzNzA0WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQaGQjJxbnJO2MiYXbZbU9u+uYxdM7V2JMRpsNCPBNOvCxHgKfiNfMQ
NAGzofz+4av7zkTpU86MyCyMtzqUD311o28wbTAdBgNVHQ4EFgQUa0VWK31yD767
yNxUU0INCMg+grMwHwYDVR0jBBgwFoAUa0VWK31yD767yNxUU0INCMg+grMwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSAAwRQIgbRYvVgUa8d7hepMEmSnzoMnkFUVccBlPh3YYLzm2imwCIQCz
ReM/ENuMtoC0xsbP4RFgOCRWS6pDxoGojDUWpmANvw==
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7BJoMyDhjN66VGFx
n8e2Joswdwl8lokSEVC0d/T5OSChRANCAAQaGQjJxbnJO2MiYXbZbU9u+uYxdM7V
2JMRpsNCPBNOvCxHgKfiNfMQNAGzofz+4av7zkTpU86MyCyMtzqUD311
-----END PRIVATE KEY-----
`;

/** A syslog server over TLS (RFC 5425): what it has read of whole messages, in the order in which it read them. */
export class SyslogServer {
  readonly messages: string[] = [];
  private readonly sockets = new Set<TLSSocket>();
  private server: Server | undefined;
  port = 0;
  /** Accepts connections, and reads nothing. */
  deaf = false;
  /** So many messages it reads on a connection, and then it closes it in good order. */
  closeAfter = Infinity;

  async start(): Promise<this> {
    this.server = createServer({ cert: CERTIFICATE, key: KEY }, (socket) => this.accept(socket));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** As kill -9 does: what was not read is lost, and nobody is told. */
  async kill(): Promise<void> {
    const closed = once(this.server!, 'close');
    this.server!.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** The positions of the entries that were received, repetitions and all. */
  get positions(): number[] {
    return this.messages.map((message) => (JSON.parse(message.slice(message.indexOf('{'))) as { position: number }).position);
  }

  private accept(socket: TLSSocket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => this.sockets.delete(socket));
    if (this.deaf) {
      socket.pause();
      return;
    }
    let bytes: Buffer = Buffer.alloc(0);
    const before = this.messages.length;
    socket.on('data', (chunk: Buffer) => {
      bytes = this.messagesIn(Buffer.concat([bytes, chunk]));
      if (this.messages.length - before < this.closeAfter) return;
      socket.removeAllListeners('data').end();
      this.messages.length = Math.min(this.messages.length, before + this.closeAfter);
    });
  }

  /** Octet counting: MSG-LEN SP SYSLOG-MSG. Answers what is left. */
  private messagesIn(bytes: Buffer): Buffer {
    for (let rest = bytes; ; ) {
      const space = rest.indexOf(0x20);
      const length = Number(rest.toString('latin1', 0, Math.max(0, space)));
      if (space < 0 || rest.length < space + 1 + length) return rest;
      this.messages.push(rest.toString('utf8', space + 1, space + 1 + length));
      rest = rest.subarray(space + 1 + length);
    }
  }
}
