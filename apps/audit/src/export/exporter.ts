import { Injectable } from '@nestjs/common';
import { partsOf } from './blob.reader.js';
import { EntryScan, type ScannedEntry, type Stretch } from './entry.scan.js';
import { CsvFormat } from './csv.format.js';
import type { Export, ExportFormat, FormatName } from './export.format.js';
import { NdjsonFormat } from './ndjson.format.js';
import { firstMark, type SealMark, SealMarks } from './seal.marks.js';

/** Writes exports, as fast as they are read and no faster. */
@Injectable()
export class Exporter {
  constructor(
    private readonly scan: EntryScan,
    private readonly marks: SealMarks,
    private readonly ndjson: NdjsonFormat,
    private readonly csv: CsvFormat,
  ) {}

  formatNamed(name: FormatName): ExportFormat {
    return this[name];
  }

  /** With `after`, what follows the line of that position: the bytes before it and these are one export. */
  async *write(of: Export, format: ExportFormat, after = 0): AsyncGenerator<Buffer> {
    const head = format.head(of);
    let mark = await this.markAt(of, format, head, after);
    if (after === 0) yield Buffer.from(head);
    for await (const { entries, bytes } of this.lines(of, format, { after, until: of.size })) {
      mark = beyond(mark, entries, bytes);
      if (format.end !== undefined) this.marks.keep(of, mark);
      yield bytes;
    }
    if (format.end !== undefined) yield Buffer.from(format.end(mark.entries, mark.digest.digest('hex')));
  }

  // The seal is over the whole: what the reader has already is written once more, and not sent.
  private async markAt(of: Export, format: ExportFormat, head: string, after: number): Promise<SealMark> {
    let mark = this.marks.nearest(of, after) ?? firstMark(head);
    if (format.end === undefined) return mark;
    for await (const { entries, bytes } of this.lines(of, format, { after: mark.position, until: after })) {
      mark = beyond(mark, entries, bytes);
      // It can take long enough for the reader to ask once more.
      this.marks.keep(of, mark);
    }
    return mark;
  }

  private async *lines(of: Export, format: ExportFormat, stretch: Stretch): AsyncGenerator<{ entries: readonly ScannedEntry[]; bytes: Buffer }> {
    for await (const batch of this.scan.batches(of.filter, stretch)) {
      for (const entries of partsOf(batch)) yield { entries, bytes: Buffer.from(await format.lines(entries, of)) };
    }
  }
}

function beyond({ position, entries, digest }: SealMark, written: readonly ScannedEntry[], bytes: Buffer): SealMark {
  return { position: written.at(-1)?.position ?? position, entries: entries + written.length, digest: digest.update(bytes) };
}
