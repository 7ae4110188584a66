export interface WireAnswer {
  status: number;
  headers: ReadonlyMap<string, string>;
  body: string;
  /** The connection can be used again. */
  reusable: boolean;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** Reads an answer off the wire, and complains of nothing: what does not look like HTTP is an answer with the status 0. */
export class AnswerReader {
  private bytes = Buffer.alloc(0);

  /** `skip`: as many answers come before. */
  constructor(
    private readonly bodiless: boolean,
    private skip: number,
  ) {}

  /** The answer, once it is whole. */
  take(more: Buffer): WireAnswer | undefined {
    this.bytes = Buffer.concat([this.bytes, more]);
    return this.read(false);
  }

  /** The answer that ends with the connection, if there is one. */
  end(): WireAnswer | undefined {
    return this.bytes.length === 0 ? undefined : this.read(true);
  }

  private read(ended: boolean): WireAnswer | undefined {
    for (;;) {
      const at = this.bytes.indexOf(HEAD_END);
      if (at < 0) return ended ? { status: 0, headers: new Map(), body: this.bytes.toString('latin1', 0, 200), reusable: false } : undefined;
      const [first = '', ...lines] = this.bytes.toString('latin1', 0, at).split('\r\n');
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0);
      const headers = new Map(lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
      const rest = this.bytes.subarray(at + HEAD_END.length);
      if (status === 100) {
        this.bytes = rest;
        continue;
      }
      const body = this.bodiless && this.skip === 0 ? { text: '', used: 0 } : bodyOf(status, headers, rest, ended);
      if (body === undefined) return undefined;
      this.bytes = rest.subarray(body.used);
      const reusable = headers.get('connection') !== 'close' && this.bytes.length === 0;
      if (this.skip === 0) return { status, headers, body: body.text, reusable };
      this.skip -= 1;
    }
  }
}

function bodyOf(status: number, headers: ReadonlyMap<string, string>, rest: Buffer, ended: boolean): { text: string; used: number } | undefined {
  if (status === 204 || status === 304) return { text: '', used: 0 };
  if (headers.get('transfer-encoding') === 'chunked') return chunksOf(rest);
  const declared = headers.get('content-length');
  const length = declared === undefined ? rest.length : Number(declared);
  if (declared === undefined ? !ended : rest.length < length) return undefined;
  return { text: rest.toString('utf8', 0, length), used: length };
}

function chunksOf(bytes: Buffer): { text: string; used: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const next = line + 2 + size + 2;
    if (!(next <= bytes.length)) return undefined;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = next;
    if (size === 0) return { text: Buffer.concat(parts).toString('utf8'), used: at };
  }
}
