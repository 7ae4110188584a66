import { Injectable } from '@nestjs/common';
import { acceptedAtOf, joinPersonal, type PersonalPart } from '@posthorn/contracts';
import type { ApiKey } from '@posthorn/http';
import { SEES_PERSONAL_DATA } from '../config.js';
import { masksOf, PersonalReader } from '../people/personal.reader.js';
import type { EntryText } from '../recording/entry.text.js';
import type { Entry } from './entry.reader.js';

/** An entry as an auditor sees it: the envelope's attributes, and what the log knows beside them. */
export type EntryView = EntryText['envelope'] & {
  position: number;
  kind: Entry['kind'];
  acceptedAt: string;
  recordedAt: string;
  eventId?: string;
  service?: string;
  connection?: string;
  outcome?: string;
  actor?: string;
  /** The pseudonym of the person it is about. */
  person?: string;
  /** Whether personal values stand in the data, or masks in their places; `erased` values nobody can read any more. */
  personalData: 'none' | 'shown' | 'masked' | 'erased';
};

/** Shows personal values to those whose key allows it, and masks to others. */
@Injectable()
export class EntryViewer {
  constructor(private readonly personal: PersonalReader) {}

  async show(entries: readonly Entry[], viewer: ApiKey): Promise<EntryView[]> {
    const sealed = entries.flatMap(({ envelope: { id }, personal }) => (personal === undefined ? [] : [{ id, personal }]));
    const mayRead = viewer.scopes.includes(SEES_PERSONAL_DATA);
    const values = mayRead ? await this.personal.read(sealed) : await this.personal.masked(sealed);
    return entries.map((entry) => viewOf(entry, mayRead, values));
  }
}

function viewOf({ envelope, personal, ...rest }: Entry, mayRead: boolean, values: ReadonlyMap<string, PersonalPart>): EntryView {
  const value = values.get(envelope.id);
  return {
    ...rest,
    acceptedAt: acceptedAtOf(envelope.id).toISOString(),
    person: personal?.person,
    personalData: personal === undefined ? 'none' : value === undefined ? 'erased' : mayRead ? 'shown' : 'masked',
    ...envelope,
    data: joinPersonal(envelope.data, value ?? masksOf(personal?.fields ?? [])),
  };
}
