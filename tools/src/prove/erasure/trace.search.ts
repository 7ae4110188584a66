import { createReadStream, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const OVERLAP = 64;

/** A mark as it may stand in a file: as it is, or within text that was written in base64. */
export interface Needle {
  /** How every mark that is looked for begins. */
  plain: Buffer;
  base64: readonly Buffer[];
}

/** Base64 has three spellings of a text, by where in a group of three bytes it begins; the ends depend on the neighbours. */
export function needleOf(beginning: string): Needle {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.from('\0'.repeat(shift) + beginning).toString('base64');
    return Buffer.from(encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + beginning.length) * 8) / 6)));
  });
  return { plain: Buffer.from(beginning), base64 };
}

/** How often the needle is in these bytes. */
export function countIn(bytes: Buffer, { plain, base64 }: Needle): number {
  return [plain, ...base64].reduce((sum, form) => sum + occurrences(bytes, form), 0);
}

export interface Trace {
  file: string;
  times: number;
}

/** The files below a folder in which the needle is, whatever they are: read as bytes, and no format is believed. */
export async function tracesBelow(folder: string, needle: Needle, except: (path: string) => boolean = () => false): Promise<Trace[]> {
  const found: Trace[] = [];
  if (!existsSync(folder)) return found;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || except(file)) continue;
    const times = await timesIn(file, needle);
    if (times > 0) found.push({ file, times });
  }
  return found;
}

async function timesIn(file: string, needle: Needle): Promise<number> {
  let times = 0;
  let tail = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([tail, chunk]);
      times += countIn(bytes, needle) - countIn(tail, needle);
      tail = bytes.subarray(Math.max(0, bytes.length - OVERLAP));
    }
  } catch (error) {
    // Servers remove files of theirs while they are being listed.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return times;
}

function occurrences(bytes: Buffer, form: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(form); at !== -1; at = bytes.indexOf(form, at + form.length)) count += 1;
  return count;
}
