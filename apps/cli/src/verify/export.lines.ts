import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { untrue } from './finding.js';

const NEWLINE = 0x0a;
/** An entry as a JSON string, each of its bytes escaped, and its proof. */
const LINE_BYTES_MAX = 1_048_576;

export interface ExportLine {
  number: number;
  text: string;
  /** SHA-256, in hex, of all bytes before this line; only asked for where it is needed. */
  digestBefore: () => string;
}

/** The lines of a file, one after the other and never all of them, each ended by a newline. Throws Untrue. */
export async function* linesOf(file: string): AsyncGenerator<ExportLine> {
  const digest = createHash('sha256');
  let [number, rest] = [0, Buffer.alloc(0) as Buffer];
  for await (const chunk of createReadStream(file, { highWaterMark: 1_048_576 }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let [from, hashed] = [0, 0];
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      number += 1;
      const start = from;
      const digestBefore = (): string => {
        digest.update(bytes.subarray(hashed, start));
        hashed = start;
        return digest.copy().digest('hex');
      };
      yield { number, text: bytes.toString('utf8', from, end), digestBefore };
      from = end + 1;
    }
    digest.update(bytes.subarray(hashed, from));
    rest = bytes.subarray(from);
    if (rest.length > LINE_BYTES_MAX) throw untrue('EXPORT_UNREADABLE', `Line ${number + 1} is longer than any line of an export.`);
  }
  if (rest.length > 0) throw untrue('EXPORT_CUT', `Line ${number + 1} has no end.`);
}
