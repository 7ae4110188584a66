import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { TopologyError } from './messaging.error.js';
import { type ConsumerDefinition, DEFAULT_ACK_WAIT_MS, DEFAULT_MAX_ACK_PENDING, type StreamDefinition } from './topology.definitions.js';

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
const DUPLICATE_WINDOW_MS = 2 * 60_000;

/** Of a stream that exists, only these may differ from what is wanted and be changed. */
export function streamSettings(wanted: StreamDefinition) {
  return {
    subjects: wanted.subjects,
    max_age: nanos(wanted.maxAgeMs),
    // Not mentioned, not changed: a service's own provisioning must not undo what an operator has set.
    ...(wanted.replicas === undefined ? {} : { num_replicas: wanted.replicas }),
    duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, wanted.maxAgeMs)),
    discard: DiscardPolicy.Old,
  };
}

export const STREAM_KIND = { storage: StorageType.File, retention: RetentionPolicy.Limits } as const;

export async function addStream(manager: JetStreamManager, wanted: StreamDefinition): Promise<StreamInfo> {
  return manager.streams.add({ name: wanted.name, ...STREAM_KIND, ...streamSettings(wanted) });
}

export function consumerSettings(wanted: ConsumerDefinition) {
  return {
    ack_wait: nanos(wanted.ackWaitMs ?? DEFAULT_ACK_WAIT_MS),
    max_ack_pending: wanted.maxAckPending ?? DEFAULT_MAX_ACK_PENDING,
    // The server gives up in silence past this number; giving up is the delivery engine's decision.
    max_deliver: -1,
  };
}

/** Of a consumer that is new. `from` is the first message it is served, or when that came; without it, the stream's beginning. */
export function consumerConfig(wanted: ConsumerDefinition, from: Date | number | undefined = wanted.startAt) {
  const start =
    from === undefined
      ? { deliver_policy: DeliverPolicy.All }
      : typeof from === 'number'
        ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
        : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() };
  return { durable_name: wanted.durable, ack_policy: AckPolicy.Explicit, ...start, ...consumerSettings(wanted) };
}

export async function addConsumer(manager: JetStreamManager, wanted: ConsumerDefinition, from?: Date | number): Promise<ConsumerInfo> {
  return manager.consumers.add(wanted.stream, consumerConfig(wanted, from));
}

/** False when it is another one by now: a second replica has been here in the meantime. */
export async function removeConsumer(manager: JetStreamManager, unwanted: ConsumerDefinition, created: string): Promise<boolean> {
  const current = await consumerInfo(manager, unwanted);
  if (current !== undefined && current.created !== created) return false;
  if (current !== undefined) await manager.consumers.delete(unwanted.stream, unwanted.durable);
  return true;
}

export function streamInfo(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  return orMissing(manager.streams.info(name), STREAM_NOT_FOUND);
}

export function consumerInfo(manager: JetStreamManager, { stream, durable }: ConsumerDefinition): Promise<ConsumerInfo | undefined> {
  return orMissing(manager.consumers.info(stream, durable), CONSUMER_NOT_FOUND);
}

/**
 * After a stream lost its tail, sequences are used again and such a consumer would skip every new message. Look at the
 * consumer first and at its stream afterwards, or a message in between makes a healthy one seem ahead.
 */
export function isAhead(consumer: ConsumerInfo, stream: StreamInfo): boolean {
  return consumer.delivered.stream_seq > stream.state.last_seq;
}

export function differences(actual: object, wanted: object): string[] {
  const now = new Map(Object.entries(actual));
  return Object.entries(wanted)
    .filter(([key, value]) => JSON.stringify(now.get(key)) !== JSON.stringify(value))
    .map(([key, value]) => `${key} is ${JSON.stringify(now.get(key))} instead of ${JSON.stringify(value)}`);
}

export function refuse(name: string, wrong: string[]): void {
  if (wrong.length === 0) return;
  throw new TopologyError('TOPOLOGY_DIFFERS', `${name}: ${wrong.join('; ')}. Change it by hand, or use a newer nats-server.`);
}

async function orMissing<T>(answer: Promise<T>, code: number): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === code) return undefined;
    throw error;
  }
}
