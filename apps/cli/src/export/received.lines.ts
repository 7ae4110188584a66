import { createHash } from 'node:crypto';
import { CliError, EXIT } from '../cli.error.js';

export type Format = 'ndjson' | 'csv';

const NEWLINE = 0x0a;
/** Far more than any line of an export has. */
const LINE_BYTES_MAX = 16_777_216;
const SEAL = Buffer.from('{"end":');
const NOTHING: Buffer = Buffer.alloc(0);

interface Line {
  entry?: string;
  end?: { entries?: number; sha256?: string };
}

/** What has come of an export, in whole lines: how many entries, up to which position, and whether that is all. */
export class ReceivedLines {
  /** Over every line but the last, which may be the seal over them. */
  private readonly digest = createHash('sha256');
  private lines = 0;
  private last = NOTHING;
  private begun = NOTHING;
  bytes = 0;

  constructor(private readonly format: Format) {}

  /** The lines that are whole with these bytes. */
  take(chunk: Buffer): Buffer {
    const known = this.begun.length === 0 ? chunk : Buffer.concat([this.begun, chunk]);
    const end = known.lastIndexOf(NEWLINE) + 1;
    const whole = known.subarray(0, end);
    this.begun = Buffer.from(known.subarray(end));
    if (this.begun.length > LINE_BYTES_MAX) throw new CliError(EXIT.failed, 'The answer has a line that is longer than any of an export.', 'Check POSTHORN_AUDIT_URL.');
    if (end === 0) return whole;
    const startOfLast = end < 2 ? 0 : whole.lastIndexOf(NEWLINE, end - 2) + 1;
    this.digest.update(this.last).update(whole.subarray(0, startOfLast));
    this.last = Buffer.from(whole.subarray(startOfLast));
    for (let at = whole.indexOf(NEWLINE); at >= 0; at = whole.indexOf(NEWLINE, at + 1)) this.lines += 1;
    this.bytes += end;
    return whole;
  }

  /** A line that was cut comes again, and whole. */
  dropBegun(): void {
    this.begun = NOTHING;
  }

  get entries(): number {
    return Math.max(0, this.lines - (this.isSealed ? 2 : 1));
  }

  /** Of the last entry; 0 when there is none. Undefined where the last line is not one of an export. */
  get position(): number | undefined {
    if (this.lines <= 1) return 0;
    const text = this.last.toString();
    const position = this.format === 'csv' ? Number(/^(\d+),/.exec(text)?.[1]) : Number(positionOf(parsed(text)?.entry));
    return Number.isSafeInteger(position) ? position : undefined;
  }

  /** Whether the last line has come. CSV has none. */
  get isSealed(): boolean {
    return this.format === 'ndjson' && this.lines > 1 && this.last.subarray(0, SEAL.length).equals(SEAL);
  }

  /** Whether the last line was made over just those that are here. Whose it is, `audit verify` says. */
  get sealFits(): boolean {
    const end = parsed(this.last.toString())?.end;
    return end?.entries === this.entries && end.sha256 === this.digest.copy().digest('hex');
  }
}

function positionOf(entry: string | undefined): unknown {
  return (parsed(entry ?? '') as { position?: unknown } | undefined)?.position;
}

function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}
