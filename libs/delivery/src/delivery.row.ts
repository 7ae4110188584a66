import { type PosthornEvent } from '@posthorn/contracts';
import { type ClaimableState, type DeliveryState } from './delivery.states.js';
import { type DeliveryFailure, type Decision } from './settlement.decision.js';

/** A delivery as intake plans it. */
export interface PlannedDelivery {
  readonly id: string;
  readonly event: PosthornEvent;
  readonly connection: string;
  readonly action: string;
  /** A digest, see ordering.key.ts. */
  readonly orderingKey: string;
  readonly latestWins: boolean;
  readonly state: 'pending' | 'skipped' | 'dead' | 'erased';
  /** An earlier event of the same batch that goes first, if it is new. */
  readonly behind?: string;
  readonly error?: DeliveryFailure;
}

/** A delivery a dispatcher holds under a lease. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly event: PosthornEvent;
  readonly connection: string;
  readonly action: string;
  /** The state it was claimed in. */
  readonly was: ClaimableState;
  /** Including the attempt it was claimed for. */
  readonly attempts: number;
  readonly fence: number;
  readonly firstAttemptAt: Date;
  readonly createdAt: Date;
  /** A newer event of its ordering key was delivered already, and its handler wants the latest only. */
  readonly superseded: boolean;
  /** Digests of those whom the connection's provider is to erase first. */
  readonly erasing: ReadonlySet<string>;
}

export interface Settlement {
  readonly delivery: ClaimedDelivery;
  readonly decision: Decision;
  /** Of the attempt's own span. */
  readonly traceparent?: string;
}

/** A delivery as others may see it. Without personal data. */
export interface DeliveryView {
  readonly id: string;
  readonly eventId: string;
  readonly connection: string;
  readonly action: string;
  readonly site: string;
  readonly type: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly externalId?: string;
  readonly outcome?: string;
  readonly nextAttemptAt?: string;
  readonly error?: DeliveryFailure;
  readonly updatedAt: string;
}
