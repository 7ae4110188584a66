import { erasureOutcome, type ErasureCause, EVENTS_PUBLISHER, type EventData, type OutcomeData } from '@posthorn/contracts';
import type { NewEntry } from '../recording/entry.js';

export const ERASURE_REQUESTED = 'privacy.erasure_requested';
export const TRANSPORT_ERASED = 'privacy.transport_erased';

/** What is to be forgotten: events of a site, by their type. */
export interface ErasureRequest {
  id: string;
  site: string;
  cause: ErasureCause;
  correlation: string;
  events: Record<string, string[]>;
}

/** A place says that it has forgotten what a request names. */
export interface ErasureStep {
  request: string;
  place: string;
  facts: Record<string, unknown>;
}

/** The request that an entry is; undefined for all others, and for one that this release cannot read. */
export function requestIn({ kind, envelope, personal }: NewEntry): ErasureRequest | undefined {
  const { id, site, type, correlationid: correlation, data } = envelope;
  if (kind !== 'event' || type !== ERASURE_REQUESTED || site === undefined || Object.keys(personal).length > 0) return undefined;
  // Whatever could not be read as its type would count as personal from end to end.
  const { cause, events } = data as EventData<typeof ERASURE_REQUESTED>;
  return { id, site, cause, correlation, events };
}

/** What an entry says about an erasure; undefined for all others. */
export function stepIn({ kind, envelope, personal, service }: NewEntry): ErasureStep | undefined {
  const { type, causationid: request, data } = envelope;
  if (request === undefined || Object.keys(personal).length > 0) return undefined;
  if (kind === 'event' && type === TRANSPORT_ERASED) return { request, place: EVENTS_PUBLISHER, facts: { ...(data as EventData<typeof TRANSPORT_ERASED>) } };
  if (kind === 'outcome' && service !== undefined && type === erasureOutcome(service)) return { request, place: service, facts: (data as OutcomeData).facts ?? {} };
  return undefined;
}
