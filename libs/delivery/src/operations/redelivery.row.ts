import { type DeliveryFilter, type PosthornEvent, type RedeliveryReport, type RedeliveryShare, type RedeliveryState } from '@posthorn/contracts';
import { type DeliveryState } from '../delivery.states.js';

type Share = Omit<RedeliveryShare, 'connection'>;

export interface RedeliveryRow {
  readonly id: string;
  readonly actor: string;
  readonly filter: DeliveryFilter;
  readonly per_second: number;
  readonly state: RedeliveryState;
  readonly shares: Readonly<Record<string, Share>>;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly stopped_by: string | null;
  readonly after_event: string | null;
  readonly after_connection: string | null;
  readonly after_action: string | null;
}

/** A delivery that a redelivery came to. */
export interface RedeliveryCandidate {
  readonly id: string;
  readonly event_id: string;
  readonly connection: string;
  readonly action: string;
  readonly site: string;
  readonly type: string;
  readonly was: DeliveryState;
  readonly attempts: number;
  /** Null where the inbox no longer has the event. */
  readonly envelope: PosthornEvent | null;
}

export const sharesOf = ({ shares }: Pick<RedeliveryRow, 'shares'>): RedeliveryShare[] =>
  Object.entries(shares).map(([connection, share]) => ({ connection, ...share }));

export function reportOf(row: RedeliveryRow): RedeliveryReport {
  const connections = sharesOf(row);
  const sum = (of: 'matched' | 'redelivered' | 'refused'): number => connections.reduce((total, share) => total + share[of], 0);
  return {
    id: row.id,
    actor: row.actor,
    state: row.state,
    perSecond: row.per_second,
    matched: sum('matched'),
    redelivered: sum('redelivered'),
    refused: sum('refused'),
    connections,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString(),
    stoppedBy: row.stopped_by ?? undefined,
  };
}
