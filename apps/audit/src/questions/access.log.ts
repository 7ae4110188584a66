import { Injectable } from '@nestjs/common';
import { dataschemaOf, newId } from '@posthorn/contracts';
import { SERVICE } from '../config.js';
import { EntryWriter } from '../recording/entry.writer.js';
import type { Auditor } from './auditor.js';

/** What an auditor did with the log: facts without personal values. */
export interface Access {
  did: 'entries.read' | 'trace.read' | 'person.searched' | 'person.exported' | 'proof.read' | 'log.exported' | 'erasures.read' | 'certificate.read';
  site?: string;
  /** The event looked at, where it was one. */
  eventId?: string;
  facts: Record<string, unknown>;
}

/** Writes down who looks at the log, before they are shown anything: an answer that was not recorded is not given. */
@Injectable()
export class AccessLog {
  constructor(private readonly writer: EntryWriter) {}

  async record({ did, site: asked, eventId, facts }: Access, auditor: Auditor): Promise<void> {
    const id = newId();
    const { sites } = auditor;
    // Who sees one site alone has looked at that one, and its other auditors shall see it.
    const site = asked ?? (sites?.length === 1 ? sites[0] : undefined);
    const envelope = {
      specversion: '1.0' as const,
      id,
      source: `/services/${SERVICE}`,
      type: `${SERVICE}.${did}`,
      time: new Date().toISOString(),
      datacontenttype: 'application/json' as const,
      dataschema: dataschemaOf('access'),
      site,
      correlationid: id,
      data: { ...facts, ...(site === undefined && sites !== undefined ? { sites } : {}), personalData: site === undefined ? auditor.seesPersonalData : auditor.seesPersonalDataOf(site) },
    };
    await this.writer.append([{ kind: 'access', envelope, personal: {}, eventId, actor: auditor.id }]);
  }
}
