import { Injectable } from '@nestjs/common';
import { acceptedAtOf, type OutcomeData } from '@posthorn/contracts';
import type { Auditor } from './auditor.js';
import { type Entry, EntryReader } from './entry.reader.js';

/** What became of one piece of work: the newest outcome of an event at a connection. */
export interface DeliveryTrace extends OutcomeData {
  /** The outcome's type, such as crm.contact.synced. */
  type: string;
  updatedAt: string;
}

export interface Way {
  /** Cause before effect, otherwise in the order of time. */
  steps: Entry[];
  deliveries: DeliveryTrace[];
  /** Other events of the same correlation that this one did not lead to. */
  related: Entry[];
  /** There were more steps than are shown. */
  truncated: boolean;
}

const MAX_STEPS = 2_000;
const MAX_RELATED = 100;

/** Follows one event through every service. */
@Injectable()
export class TraceReader {
  constructor(private readonly entries: EntryReader) {}

  /** Undefined when the log knows nothing of the event (yet), or nothing that the auditor may see. */
  async follow(auditor: Auditor, eventId: string): Promise<Way | undefined> {
    const found = await this.entries.wayOf(auditor, eventId, MAX_STEPS + 1);
    const first = found.find(({ envelope }) => envelope.id === eventId) ?? found[0];
    if (first === undefined) return undefined;
    const steps = inCausalOrder(found.slice(0, MAX_STEPS));
    return {
      steps,
      deliveries: deliveriesIn(steps),
      related: await this.relatedTo(auditor, first, steps),
      truncated: found.length > MAX_STEPS,
    };
  }

  private async relatedTo(auditor: Auditor, { envelope }: Entry, steps: readonly Entry[]): Promise<Entry[]> {
    const known = new Set(steps.map((step) => step.envelope.id));
    const correlated = await this.entries.page(auditor, { correlation: envelope.correlationid, kind: 'event' }, MAX_RELATED);
    return correlated.filter((entry) => !known.has(entry.envelope.id)).reverse();
  }
}

// The clocks of two machines differ: an outcome may carry an earlier time than the event it is about.
function inCausalOrder(entries: readonly Entry[]): Entry[] {
  const keyed = entries.map((entry) => {
    const own = acceptedAtOf(entry.envelope.id).getTime();
    const cause = entry.eventId === undefined ? own : acceptedAtOf(entry.eventId).getTime();
    return { entry, at: Math.max(own, cause), rank: entry.kind === 'event' ? 0 : 1 };
  });
  keyed.sort((a, b) => a.at - b.at || a.rank - b.rank || (a.entry.envelope.id < b.entry.envelope.id ? -1 : 1));
  return keyed.map(({ entry }) => entry);
}

/** The newest outcome of each piece of work, out of entries in the order of time. */
export function deliveriesIn(steps: readonly Entry[]): DeliveryTrace[] {
  const newest = new Map<string, DeliveryTrace>();
  for (const { envelope, kind, eventId, outcome } of steps) {
    if (kind !== 'outcome' || eventId === undefined || outcome === undefined) continue;
    // An entry with an outcome state is one whose data was read as an outcome's when it was recorded.
    const data = envelope.data as OutcomeData;
    const key = [eventId, data.service, data.connection, data.action].join('\n');
    newest.delete(key);
    newest.set(key, { ...data, type: envelope.type, updatedAt: envelope.time });
  }
  return [...newest.values()];
}
