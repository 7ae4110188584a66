import { Injectable } from '@nestjs/common';
import type { PersonalPart } from '@posthorn/contracts';
import { LogIdentity } from '../log/log.identity.js';
import { LogTiles } from '../log/log.tiles.js';
import { PersonalReader } from '../people/personal.reader.js';
import type { EntryText } from '../recording/entry.text.js';
import { BlobReader } from './blob.reader.js';
import { isWhole, type ScannedEntry } from './entry.scan.js';
import type { Export, ExportFormat } from './export.format.js';

/** A line of JSON for each entry, to the byte as the tree has it: whoever has the log's verifier key can check it offline. */
@Injectable()
export class NdjsonFormat implements ExportFormat {
  readonly contentType = 'application/x-ndjson';

  constructor(
    private readonly identity: LogIdentity,
    private readonly log: LogTiles,
    private readonly personal: PersonalReader,
    private readonly blobs: BlobReader,
  ) {}

  head({ origin, size, checkpoint, filter }: Export): string {
    return `${JSON.stringify({ log: { origin, size, checkpoint }, filter })}\n`;
  }

  /** All entries together lead to the root that was signed; each of a selection needs a proof of its own. */
  async lines(entries: readonly ScannedEntry[], { filter, size, auditor }: Export): Promise<string> {
    const blobs = await this.blobs.read(entries.flatMap(({ blob }) => blob ?? []));
    const values = await this.opened(entries.filter(({ site }) => auditor.seesPersonalDataOf(site ?? undefined)));
    const proofs = isWhole(filter) ? [] : await this.log.reader().inclusionProofs(entries.map(({ position }) => position - 1), size);
    return entries
      .map(({ position, leaf, blob }, at) => {
        const [data, personal, proof] = [blob === null ? undefined : blobs.get(blob), values.get(position), proofs[at]];
        const parts = [
          `"entry":${JSON.stringify(leaf)}`,
          ...(data === undefined ? [] : [`"data":${data}`]),
          ...(personal === undefined ? [] : [`"personal":${JSON.stringify(personal)}`]),
          ...(proof === undefined ? [] : [`"index":${position - 1},"proof":${JSON.stringify(proof.map((hash) => hash.toString('base64')))}`]),
        ];
        return `{${parts.join(',')}}\n`;
      })
      .join('');
  }

  end(entries: number, sha256: string): string {
    return `${JSON.stringify({ end: { entries, sha256 }, note: this.identity.sealExport(entries, sha256) })}\n`;
  }

  private async opened(entries: readonly ScannedEntry[]): Promise<Map<number, PersonalPart>> {
    const sealed = entries.flatMap(({ position, leaf, personal }) => {
      if (!personal) return [];
      const text = JSON.parse(leaf) as EntryText;
      return text.personal === undefined ? [] : [{ position, id: text.envelope.id, personal: text.personal }];
    });
    const values = await this.personal.read(sealed);
    return new Map(sealed.flatMap(({ position, id }) => (values.has(id) ? [[position, values.get(id) ?? {}] as const] : [])));
  }
}
