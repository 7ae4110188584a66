import type { EntryView } from '../questions/entry.view.js';
import type { DeliveryTrace } from '../questions/trace.reader.js';

/** Whom an export is about. */
export interface ExportedPerson {
  site: string;
  /** As whoever asked wrote it: the log itself has no address in the clear. */
  email: string;
  pseudonym: string;
  since: Date;
}

/** Something that was told about the person, and what became of it where. */
export interface ExportedEvent extends Pick<EntryView, 'id' | 'type' | 'acceptedAt' | 'position' | 'personalData' | 'data'> {
  proof: string;
  became: Became[];
}

export type Became = Pick<DeliveryTrace, 'service' | 'connection' | 'provider' | 'action' | 'state' | 'externalId' | 'error'> & { at: string };

/** A way of writing it down, a part at a time. */
export interface PersonFormat {
  readonly contentType: string;
  head(person: ExportedPerson, origin: string, at: Date): string;
  /** `before`: how many were written already. */
  events(events: readonly ExportedEvent[], before: number): string;
  end(count: number): string;
}
