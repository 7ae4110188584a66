import { acceptedAtOf, type Envelope, joinPersonal, maskOf } from '@posthorn/contracts';
import type { ApiKey } from '@posthorn/http';
import { SEES_PERSONAL_DATA } from '../config.js';
import type { Entry } from './entry.reader.js';

/** An entry as an auditor sees it: the envelope's attributes, and what the log knows beside them. */
export interface EntryView extends Envelope<unknown> {
  position: number;
  kind: Entry['kind'];
  acceptedAt: string;
  recordedAt: string;
  eventId?: string;
  service?: string;
  connection?: string;
  outcome?: string;
  /** Whether personal values stand in the data, or masks in their places. */
  personalData: 'none' | 'shown' | 'masked';
}

/** Shows personal values to those whose key allows it, and masks to others. */
export function viewOf(entry: Entry, viewer: ApiKey): EntryView {
  const { envelope, personal, recordedAt, ...rest } = entry;
  const shown = viewer.scopes.includes(SEES_PERSONAL_DATA);
  return {
    ...rest,
    acceptedAt: acceptedAtOf(envelope.id).toISOString(),
    recordedAt: recordedAt.toISOString(),
    personalData: Object.keys(personal).length === 0 ? 'none' : shown ? 'shown' : 'masked',
    ...envelope,
    data: joinPersonal(envelope.data, shown ? personal : maskOf(personal)),
  };
}
