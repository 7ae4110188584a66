import {
  addressesIn,
  canonicalAddress,
  type Envelope,
  isOwnEventType,
  type OutcomeData,
  parseEnvelope,
  parseEvent,
  parseOutcome,
  type PersonalPart,
  splitPersonal,
} from '@posthorn/contracts';
import type { Addressee } from '../people/people.js';

/** What a website told, what a service says became of it, what a person ordered, and what an auditor looked at. */
export type EntryKind = 'event' | 'outcome' | 'operation' | 'access';

/** The envelope of what is recorded. Who looks at the log need not look at one site alone. */
export type EntryEnvelope = Omit<Envelope<unknown>, 'site'> & { site?: string };

/** A line of the log before it is written. */
export interface NewEntry {
  kind: EntryKind;
  /** The data in it has no personal values. */
  envelope: EntryEnvelope;
  personal: PersonalPart;
  /** Whom the personal values are about, as far as they say it. */
  addresses?: readonly string[];
  /** Its personal values were erased before it was recorded. */
  erased?: true;
  /** The event it is, or is about. */
  eventId?: string;
  service?: string;
  connection?: string;
  outcome?: string;
  /** Who ordered it. */
  actor?: string;
}

/** An event as a line of the log. Throws ContractError when not even its envelope can be read. */
export function entryOfEvent(message: unknown): NewEntry {
  const envelope = parseEnvelope(message);
  // What is left of an erased event is not what its type's schema says; whatever in it is marked all the same goes too.
  const whole = envelope.erased === true || isWhole(() => parseEvent(message));
  const { clear, personal } = whole ? splitPersonal(envelope.type, envelope.data) : everythingPersonal(envelope.data);
  const actor = isOwnEventType(envelope.type) ? actorIn(clear) : undefined;
  const entry: NewEntry = { kind: 'event', envelope: { ...envelope, data: clear }, personal, addresses: addressesIn(envelope), eventId: envelope.id, actor };
  return envelope.erased === true ? withoutPersonal(entry) : entry;
}

/** The entry of an event that is to be forgotten: that it was, and nothing of whom it was about. */
export function withoutPersonal(entry: NewEntry): NewEntry {
  return { ...entry, personal: {}, addresses: [], erased: true };
}

/** An outcome as a line of the log. Throws ContractError when not even its envelope can be read. */
export function entryOfOutcome(message: unknown): NewEntry {
  const envelope = parseEnvelope(message);
  if (!isWhole(() => parseOutcome(message))) {
    const { clear, personal } = everythingPersonal(envelope.data);
    return { kind: 'outcome', envelope: { ...envelope, data: clear }, personal, eventId: envelope.causationid };
  }
  // parseOutcome has just looked at every field of it.
  const data = envelope.data as OutcomeData;
  const actor = data.facts?.['actor'];
  return {
    kind: data.state === 'operated' ? 'operation' : 'outcome',
    envelope,
    personal: {},
    eventId: data.event?.id,
    service: data.service,
    connection: data.connection,
    outcome: data.state,
    actor: typeof actor === 'string' ? actor : undefined,
  };
}

/** Whom the personal values of an entry are about; undefined when it has none. */
export function addresseeOf({ envelope: { site }, personal, addresses = [] }: NewEntry): Addressee | undefined {
  if (site === undefined || Object.keys(personal).length === 0) return undefined;
  return { site, addresses: isOnePerson(personal, addresses) ? addresses : [] };
}

// The fields of a form may hold the addresses of several people. Taken for one, forgetting any of them would forget all:
// so where the event does not say that two addresses are one person's, it gets a key of its own.
function isOnePerson(personal: PersonalPart, addresses: readonly string[]): boolean {
  return PREVIOUS_ADDRESS in personal || new Set(addresses.map(canonicalAddress)).size <= 1;
}

const PREVIOUS_ADDRESS = '/previousEmail';

// Data this release cannot read, as from a newer publisher, is kept; but nobody knows what in it is personal.
function everythingPersonal(data: unknown): { clear: unknown; personal: PersonalPart } {
  return { clear: {}, personal: { '': data } };
}

/** Who ordered what Posthorn says of it. */
function actorIn(data: unknown): string | undefined {
  const actor: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'actor') : undefined;
  return typeof actor === 'string' ? actor : undefined;
}

function isWhole(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
