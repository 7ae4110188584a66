import {
  type Envelope,
  type OutcomeData,
  parseEnvelope,
  parseEvent,
  parseOutcome,
  type PersonalPart,
  splitPersonal,
} from '@posthorn/contracts';

export type EntryKind = 'event' | 'outcome';

/** A line of the log before it is written. */
export interface NewEntry {
  kind: EntryKind;
  /** The data in it has no personal values. */
  envelope: Envelope<unknown>;
  personal: PersonalPart;
  /** The event it is, or is about. */
  eventId?: string;
  service?: string;
  connection?: string;
  outcome?: string;
}

/** An event as a line of the log. Throws ContractError when not even its envelope can be read. */
export function entryOfEvent(message: unknown): NewEntry {
  const envelope = parseEnvelope(message);
  const { clear, personal } = isWhole(() => parseEvent(message))
    ? splitPersonal(envelope.type, envelope.data)
    : everythingPersonal(envelope.data);
  return { kind: 'event', envelope: { ...envelope, data: clear }, personal, eventId: envelope.id };
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
  return {
    kind: 'outcome',
    envelope,
    personal: {},
    eventId: data.event?.id,
    service: data.service,
    connection: data.connection,
    outcome: data.state,
  };
}

// Data this release cannot read, as from a newer publisher, is kept; but nobody knows what in it is personal.
function everythingPersonal(data: unknown): { clear: unknown; personal: PersonalPart } {
  return { clear: {}, personal: { '': data } };
}

function isWhole(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
