import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { bytesOf, endsConnection, type FuzzRequest } from './fuzz.request.js';
import { AnswerReader, type WireAnswer } from './wire.answer.js';

export type Sent = { answer: WireAnswer } | { closed: true } | { hung: true };

/** The longest that a service takes to give up on a request, and more than any answer needs. */
const PATIENCE_MS = 25_000;

/** Sends requests byte by byte over connections that are used again as long as they last. */
export class WireClient {
  private readonly idle: Socket[] = [];
  readonly host: string;
  private readonly port: number;

  constructor(url: string) {
    const { host, port } = new URL(url);
    this.host = host;
    this.port = Number(port);
  }

  async send(request: FuzzRequest): Promise<Sent> {
    const fresh = endsConnection(request.wire);
    const kept = fresh ? undefined : this.idle.pop();
    const sent = await this.over(kept ?? (await this.open()), request);
    // A connection that was idle may have been closed while we wrote: that says nothing.
    return 'closed' in sent && kept !== undefined ? this.over(await this.open(), request) : sent;
  }

  close(): void {
    for (const socket of this.idle.splice(0)) socket.destroy();
  }

  private open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true }, () => {
        socket.removeAllListeners('error');
        resolve(socket);
      });
      socket.once('error', reject);
    });
  }

  private over(socket: Socket, request: FuzzRequest): Promise<Sent> {
    return new Promise((resolve) => {
      const reader = new AnswerReader(request.method === 'HEAD', request.wire === 'pipelined' ? 1 : 0);
      const end = (sent: Sent): void => {
        clearTimeout(timer);
        socket.removeAllListeners();
        socket.on('error', () => undefined);
        if ('answer' in sent && sent.answer.reusable && !endsConnection(request.wire) && !socket.destroyed) this.idle.push(socket.once('close', () => this.forget(socket)));
        else socket.destroy();
        resolve(sent);
      };
      const timer = setTimeout(() => end({ hung: true }), PATIENCE_MS);
      socket.on('data', (bytes: Buffer) => {
        const answer = reader.take(bytes);
        if (answer !== undefined) end({ answer });
      });
      const closed = (): void => {
        const answer = reader.end();
        end(answer === undefined ? { closed: true } : { answer });
      };
      socket.once('end', closed).once('close', closed).once('error', closed);
      void this.write(socket, request);
    });
  }

  private async write(socket: Socket, request: FuzzRequest): Promise<void> {
    const bytes = bytesOf(request, this.host);
    if (request.wire === 'pieces') {
      const half = Math.max(1, Math.floor(bytes.length / 3));
      for (let at = 0; at < bytes.length && !socket.destroyed; at += half) {
        socket.write(bytes.subarray(at, at + half));
        // So that they arrive one after the other.
        await pause(2);
      }
      return;
    }
    socket.write(bytes);
    if (['cut-off', 'too-short'].includes(request.wire)) socket.end();
  }

  private forget(socket: Socket): void {
    const at = this.idle.indexOf(socket);
    if (at >= 0) this.idle.splice(at, 1);
  }
}
