import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const sha = (data: string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

export const BUCKET_KEY = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret-of-the-bucket', region: 'eu-test-1' };

/** As much of S3 as we use: it checks every signature (SigV4), and never overwrites. */
export class TestBucket {
  readonly objects = new Map<string, string>();
  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.answer(request, response));
  }

  static async start(): Promise<TestBucket> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TestBucket(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/log-bucket`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '', 'http://bucket');
    const { status, text } = isSigned(request, url, body) ? this.serve(request, url, body) : { status: 403, text: '<Error><Code>SignatureDoesNotMatch</Code></Error>' };
    response.writeHead(status).end(text);
  }

  private serve({ method, headers }: IncomingMessage, url: URL, body: string): { status: number; text: string } {
    const key = decodeURIComponent(url.pathname).replace(/^\/log-bucket\/?/, '');
    if (url.searchParams.get('list-type') === '2') {
      const keys = [...this.objects.keys()].filter((one) => one.startsWith(url.searchParams.get('prefix') ?? '')).sort();
      const shown = keys.slice(0, Number(url.searchParams.get('max-keys')));
      return { status: 200, text: `<ListBucketResult>${shown.map((one) => `<Contents><Key>${one}</Key></Contents>`).join('')}</ListBucketResult>` };
    }
    if (method === 'GET') return { status: this.objects.has(key) ? 200 : 404, text: this.objects.get(key) ?? '<Error><Code>NoSuchKey</Code></Error>' };
    if (headers['if-none-match'] !== '*') return { status: 400, text: '<Error><Code>WouldOverwrite</Code></Error>' };
    if (this.objects.has(key)) return { status: 412, text: '<Error><Code>PreconditionFailed</Code></Error>' };
    this.objects.set(key, body);
    return { status: 200, text: '' };
  }
}

/** AWS Signature Version 4, as its documentation has it. */
function isSigned({ method = '', headers }: IncomingMessage, url: URL, body: string): boolean {
  const found = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? '');
  if (found === null) return false;
  const [, id, day = '', region = '', signed = '', signature] = found;
  if (id !== BUCKET_KEY.accessKeyId || region !== BUCKET_KEY.region) return false;
  const stated = String(headers['x-amz-content-sha256']);
  if (stated !== 'UNSIGNED-PAYLOAD' && stated !== sha(body)) return false;
  const encoded = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort().join('&');
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const request = [method, url.pathname, query, lines, signed, stated].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], `${day}/${region}/s3/aws4_request`, sha(request)].join('\n');
  const key = ['s3', 'aws4_request'].reduce<Buffer>((secret, part) => hmac(secret, part), hmac(hmac(`AWS4${BUCKET_KEY.secretAccessKey}`, day), region));
  return hmac(key, toSign).toString('hex') === signature;
}
