import { Injectable } from '@nestjs/common';
import { acceptedAtOf, joinPersonal, type PersonalPart } from '@posthorn/contracts';
import { masksOf, PersonalReader, type SealedEntry } from '../people/personal.reader.js';
import type { EntryText } from '../recording/entry.text.js';
import type { Auditor } from './auditor.js';
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

/** Shows personal values to those who may see those of the entry's site, and masks to others. */
@Injectable()
export class EntryViewer {
  constructor(private readonly personal: PersonalReader) {}

  async show(entries: readonly Entry[], auditor: Auditor): Promise<EntryView[]> {
    const mayRead = ({ envelope }: Entry): boolean => auditor.seesPersonalDataOf(envelope.site);
    const [values, masks] = await Promise.all([this.personal.read(sealedIn(entries.filter(mayRead))), this.personal.masked(sealedIn(entries.filter((entry) => !mayRead(entry))))]);
    return entries.map((entry) => (mayRead(entry) ? viewOf(entry, 'shown', values) : viewOf(entry, 'masked', masks)));
  }
}

function sealedIn(entries: readonly Entry[]): SealedEntry[] {
  return entries.flatMap(({ envelope: { id }, personal }) => (personal === undefined ? [] : [{ id, personal }]));
}

function viewOf({ envelope, personal, erased, ...rest }: Entry, found: 'shown' | 'masked', values: ReadonlyMap<string, PersonalPart>): EntryView {
  const value = values.get(envelope.id);
  return {
    ...rest,
    acceptedAt: acceptedAtOf(envelope.id).toISOString(),
    person: personal?.person,
    personalData: personal === undefined ? (erased === true ? 'erased' : 'none') : value === undefined ? 'erased' : found,
    ...envelope,
    data: joinPersonal(envelope.data, value ?? masksOf(personal?.fields ?? [])),
  };
}
