import { Injectable } from '@nestjs/common';
import { BlobReader, partsOf } from '../export/blob.reader.js';
import { EntryScan, type ScannedEntry } from '../export/entry.scan.js';
import { LogIdentity } from '../log/log.identity.js';
import { LogTiles } from '../log/log.tiles.js';
import type { Auditor } from '../questions/auditor.js';
import { type Entry, EntryReader, entryOf } from '../questions/entry.reader.js';
import { EntryViewer } from '../questions/entry.view.js';
import { deliveriesIn } from '../questions/trace.reader.js';
import type { Became, ExportedEvent, ExportedPerson, PersonFormat } from './person.export.js';

/** Writes down everything the log has about a person, as fast as it is read and no faster. */
@Injectable()
export class PersonExporter {
  constructor(
    private readonly log: LogTiles,
    private readonly identity: LogIdentity,
    private readonly scan: EntryScan,
    private readonly blobs: BlobReader,
    private readonly entries: EntryReader,
    private readonly viewer: EntryViewer,
  ) {}

  async *write(person: ExportedPerson, format: PersonFormat, auditor: Auditor): AsyncGenerator<Buffer> {
    yield Buffer.from(format.head(person, this.identity.origin, new Date()));
    let count = 0;
    const stretch = { after: 0, until: await this.log.size() };
    for await (const batch of this.scan.batches({ site: person.site, person: person.pseudonym, kind: 'event' }, stretch)) {
      for (const part of partsOf(batch)) {
        const events = await this.events(part, auditor);
        yield Buffer.from(format.events(events, count));
        count += events.length;
      }
    }
    yield Buffer.from(format.end(count));
  }

  private async events(part: readonly ScannedEntry[], auditor: Auditor): Promise<ExportedEvent[]> {
    const blobs = await this.blobs.read(part.flatMap(({ blob }) => blob ?? []));
    const entries = part.map(({ leaf, blob }) => entryOf({ leaf, data: blob === null ? null : (blobs.get(blob) ?? null) }));
    const [views, outcomes] = await Promise.all([this.viewer.show(entries, auditor), this.entries.outcomesAbout(auditor, entries.map(({ envelope }) => envelope.id))]);
    const byEvent = Map.groupBy(outcomes, ({ eventId }) => eventId);
    return views.map(({ id, type, acceptedAt, position, personalData, data }) => ({ id, type, acceptedAt, position, proof: `/v1/entries/${id}/proof`, personalData, data, became: becameOf(byEvent.get(id) ?? []) }));
  }
}

function becameOf(outcomes: readonly Entry[]): Became[] {
  return deliveriesIn(outcomes).map(({ service, connection, provider, action, state, updatedAt: at, externalId, error }) => ({ service, connection, provider, action, state, at, externalId, error }));
}
