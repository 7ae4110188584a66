import { hash } from 'node:crypto';
import type { Person } from '../people/people.js';
import { seal } from '../people/sealed.box.js';
import type { EntryEnvelope, EntryKind, NewEntry } from './entry.js';

/**
 * What an entry is, to the byte: the JSON text that the tree's leaf is the hash of. It is written once, by `textOf`, in
 * this order of fields, and never again: whoever reads it later must not write it anew to hash it.
 */
export interface EntryText {
  /** Of this very layout. */
  v: 1;
  /** Counted from 1: how many entries the log has with this one. Its leaf has the index before. */
  position: number;
  recordedAt: string;
  kind: EntryKind;
  /** The event it is, or is about. */
  event?: string;
  service?: string;
  connection?: string;
  outcome?: string;
  actor?: string;
  /** Without `data` where that is kept beside the log, in `blob`. */
  envelope: Omit<EntryEnvelope, 'data'> & { data?: unknown };
  /** SHA-256, in hex, of the JSON text of data that is too large for an entry. */
  blob?: string;
  personal?: SealedPart;
  /** Its personal values were erased before it was recorded. */
  erased?: true;
}

/** Personal values: sealed with their person's key, so that the entry stays when the key goes. */
export type SealedPart = {
  /** The person's pseudonym. */
  person: string;
  /** Which values there are: JSON pointers within `data`. */
  fields: string[];
} & ({ sealed: string } | { sha256: string });

/** What an entry names by its SHA-256 and does not hold. */
export interface Blob {
  sha256: Buffer;
  bytes: Buffer;
}

export interface WrittenEntry {
  text: string;
  /** Which of the blobs the data is in, where it is in one. */
  dataHash?: Buffer;
  blobs: Blob[];
}

/** A bundle of the standard has 65,535 bytes for an entry (C2SP tlog-tiles); all else in it takes a few thousand. */
const DATA_BYTES_MAX = 32_768;
const SEALED_BYTES_MAX = 16_384;

/** Writes an entry down. `person` is whom its personal values are about; there is one where there are such values. */
export function textOf(entry: NewEntry, position: number, recordedAt: Date, person: Person | undefined): WrittenEntry {
  const blobs: Blob[] = [];
  const beside = (bytes: Buffer): Buffer => {
    const sha256 = hash('sha256', bytes, 'buffer');
    blobs.push({ sha256, bytes });
    return sha256;
  };
  const { data, ...attributes } = entry.envelope;
  const dataText = JSON.stringify(data) as string | undefined;
  const dataHash = dataText !== undefined && Buffer.byteLength(dataText) > DATA_BYTES_MAX ? beside(Buffer.from(dataText)) : undefined;
  const written: EntryText = {
    v: 1,
    position,
    recordedAt: recordedAt.toISOString(),
    kind: entry.kind,
    event: entry.eventId,
    service: entry.service,
    connection: entry.connection,
    outcome: entry.outcome,
    actor: entry.actor,
    envelope: dataHash === undefined ? { ...attributes, data } : attributes,
    blob: dataHash?.toString('hex'),
    personal: person === undefined ? undefined : sealedPart(entry, person, beside),
    erased: entry.erased,
  };
  return { text: JSON.stringify(written), dataHash, blobs };
}

function sealedPart({ envelope, personal }: NewEntry, { pseudonym, key }: Person, beside: (bytes: Buffer) => Buffer): SealedPart {
  const sealed = seal(key, Buffer.from(JSON.stringify(personal)), envelope.id);
  const whose = { person: pseudonym, fields: Object.keys(personal) };
  return sealed.length > SEALED_BYTES_MAX ? { ...whose, sha256: beside(sealed).toString('hex') } : { ...whose, sealed: sealed.toString('base64') };
}
