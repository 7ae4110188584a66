import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Head, isContinued, openNote } from './verifier.test-kit.js';

/** A witness of its own mind (C2SP tlog-witness): it cosigns what continues the tree it saw last, and nothing else. */
export class TestWitness {
  readonly answers: number[] = [];
  readonly verifierKey: string;
  known: Head = { origin: '', size: 0, root: '' };
  away = false;
  private readonly key = generateKeyPairSync('ed25519').privateKey;
  private readonly keyId: Buffer;

  private constructor(
    private readonly name: string,
    private readonly logKey: () => string,
    private readonly server: Server,
  ) {
    const publicKey = Buffer.from(this.key.export({ format: 'jwk' }).x ?? '', 'base64url');
    const idOver = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([4]), publicKey]);
    this.keyId = createHash('sha256').update(idOver).digest().subarray(0, 4);
    this.verifierKey = `${name}+${this.keyId.toString('hex')}+${Buffer.concat([Buffer.from([4]), publicKey]).toString('base64')}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.answer(request, response));
  }

  static async start(name: string, logKey: () => string): Promise<TestWitness> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TestWitness(name, logKey, server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.away) return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, body } = this.judge(request.method === 'POST' && request.url === '/add-checkpoint' ? Buffer.concat(chunks).toString() : '');
    this.answers.push(status);
    response.writeHead(status, { 'content-type': status === 409 ? 'text/x.tlog.size' : 'text/plain' }).end(body);
  }

  private judge(submitted: string): { status: number; body: string } {
    const end = submitted.indexOf('\n\n');
    const [first = '', ...proof] = submitted.slice(0, end).split('\n');
    const old = /^old (0|[1-9]\d*)$/.exec(first)?.[1];
    if (end < 0 || old === undefined || proof.length > 63) return { status: 400, body: '' };
    const note = submitted.slice(end + 2);
    const head = openNote(note, this.logKey());
    if (Number(old) !== this.known.size) return { status: 409, body: `${this.known.size}\n` };
    const follows = this.known.size === 0 ? proof.length === 0 : isContinued(this.known, head, proof);
    if (!follows) return { status: 422, body: '' };
    this.known = head;
    return { status: 200, body: this.cosignatureOf(note.slice(0, note.indexOf('\n\n') + 1)) };
  }

  private cosignatureOf(text: string): string {
    const time = BigInt(Math.floor(Date.now() / 1_000));
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(time);
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), this.key);
    return `— ${this.name} ${Buffer.concat([this.keyId, stamp, signature]).toString('base64')}\n`;
  }
}
