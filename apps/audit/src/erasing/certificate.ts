import type { ErasureCause } from '@posthorn/contracts';

export type ErasureState = 'open' | 'certified';

/** An entry of the log, and where its proof is. */
export interface Evidence {
  id: string;
  position: number;
  proof: string;
}

/** The last that was heard of erasing somebody at a provider. */
export interface ConnectionView {
  connection: string;
  provider?: string;
  type: string;
  state: string;
  at: string;
  error?: { code: string; message: string; remedy?: string };
  entry: Evidence;
}

/** Somewhere the events were, or still are. */
export interface PlaceView {
  place: string;
  state: 'erased' | 'open';
  at?: string;
  facts?: Record<string, unknown>;
  entry?: Evidence;
  /** Of a service that has not told yet: when it last said anything about its books. */
  lastHeardOf?: string;
  connections: ConnectionView[];
}

export interface RequestView {
  id: string;
  state: ErasureState;
  requestedAt: string;
  /** How many of each type. */
  events: Record<string, number>;
  entry: Evidence;
  places: PlaceView[];
  /** The outcome that says that all of it is done. */
  certified?: Evidence & { at: string };
}

/** What is not erased, or not by us: in words, because a person reads it. */
export interface Remains {
  what: 'delivery-stuck' | 'service-cannot-erase' | 'log-values-kept' | 'mails-sent' | 'mails-perhaps-sent' | 'uncertain' | 'beyond-reach' | 'left-at-providers' | 'provider-backups' | 'streamed' | 'database-backups';
  text: string;
  count?: number;
  places?: string[];
  until?: string;
}

/** What was erased, where, when, and what proves it. It names nobody. */
export interface Certificate {
  /** As it was asked for: a request, or what several have in common. */
  id: string;
  site: string;
  cause: ErasureCause;
  state: ErasureState;
  requestedAt: string;
  certifiedAt?: string;
  events: number;
  requests: RequestView[];
  remains: Remains[];
}

export const evidence = (id: string, position: number): Evidence => ({ id, position, proof: `/v1/entries/${id}/proof` });
