import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream';
import { isAhead } from './topology.objects.js';

/** A request of a client that is gone is forgotten by the server after 30 s; only what lasts longer is a stall. */
const STALLED_MS = 45_000;

export type ConsumerFault = 'missing' | 'ahead' | 'stalled';

/** What was seen of a consumer while all was well. */
export interface ConsumerMemory {
  deliveries: number;
  /** Since when it should deliver and does not. */
  silentSince?: number;
  streamCreated: string;
  streamLast: number;
  /** When it was last known to have had everything that its stream held. */
  caughtUpAt?: Date;
}

export function remember(consumer: ConsumerInfo, stream: StreamInfo, before: ConsumerMemory | undefined, now: number): ConsumerMemory {
  const deliveries = consumer.delivered.consumer_seq;
  const caughtUp = consumer.num_pending === 0 && consumer.num_ack_pending === 0;
  const silentSince = before?.deliveries === deliveries ? (before.silentSince ?? now) : now;
  return {
    deliveries,
    silentSince: shouldDeliver(consumer) ? silentSince : undefined,
    streamCreated: stream.created,
    streamLast: stream.state.last_seq,
    caughtUpAt: caughtUp ? new Date(now) : before?.caughtUpAt,
  };
}

/**
 * `ahead`: its stream has lost messages and uses their numbers again; it would skip every new one, in silence.
 * `stalled`: somebody asks, something is there and it may be sent, and yet for a long time nothing has been.
 */
export function diagnose(consumer: ConsumerInfo, stream: StreamInfo, memory: ConsumerMemory, now: number): ConsumerFault | undefined {
  if (isAhead(consumer, stream)) return 'ahead';
  return memory.silentSince !== undefined && now - memory.silentSince >= STALLED_MS ? 'stalled' : undefined;
}

/** The stream under a healthy consumer is another one, or an older copy of itself: what was between is lost. */
export function wasExchanged(stream: StreamInfo, before: ConsumerMemory | undefined): boolean {
  return before !== undefined && (before.streamCreated !== stream.created || stream.state.last_seq < before.streamLast);
}

function shouldDeliver({ num_waiting: asked, num_pending: there, num_ack_pending: unsettled, config }: ConsumerInfo): boolean {
  return asked > 0 && there > 0 && unsettled < (config.max_ack_pending ?? Infinity);
}
