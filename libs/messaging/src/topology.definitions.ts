import { EVENTS_STREAM, OUTCOMES_STREAM } from '@posthorn/contracts';

export interface StreamDefinition {
  name: string;
  subjects: string[];
  maxAgeMs: number;
  /** 1 on a laptop, 3 in production. Unless given, a new stream gets 1 and an existing one keeps what it has. */
  replicas?: number;
}

export interface ConsumerDefinition {
  stream: string;
  durable: string;
  /** How long the server waits for an ack before it sends a message again; default 30 s. */
  ackWaitMs?: number;
  /** Delivered but unacknowledged messages at most; default 20,000. */
  maxAckPending?: number;
  /** The service delivers nothing else to it, where the server can; without them, everything in the stream. */
  subjects?: readonly string[];
  /** From when on a new consumer is served: from the stream's beginning unless given. */
  startAt?: Date;
}

export interface Topology {
  streams?: readonly StreamDefinition[];
  consumers?: readonly ConsumerDefinition[];
}

/** What a service may make again by itself when NATS has lost it. */
export interface OwnTopology {
  /** The streams of which it is the one owner. */
  streams?: readonly StreamDefinition[];
  /** Its own durable consumers. */
  consumers?: readonly ConsumerDefinition[];
  /** How often it looks; default 5 s, and more often at first when something is wrong. */
  lookEveryMs?: number;
}

/** What had to be done; empty lists when everything was in place. */
export interface TopologyReport {
  created: string[];
  changed: string[];
  /** Consumers that were ahead of their stream, which had lost messages: served again from its beginning. */
  recreated: string[];
}

const HOURS_72_MS = 72 * 60 * 60 * 1_000;

export const STREAMS: readonly StreamDefinition[] = [
  { name: EVENTS_STREAM, subjects: ['events.>'], maxAgeMs: HOURS_72_MS },
  { name: OUTCOMES_STREAM, subjects: ['outcomes.>'], maxAgeMs: HOURS_72_MS },
];

/** One of STREAMS by its name. */
export function streamNamed(name: string): StreamDefinition {
  const found = STREAMS.find((stream) => stream.name === name);
  if (found === undefined) throw new TypeError(`There is no stream ${name}; there are ${STREAMS.map((stream) => stream.name).join(' and ')}.`);
  return found;
}

export const DEFAULT_ACK_WAIT_MS = 30_000;
/** A message that waits for its delayed redelivery keeps its slot: a small limit lets a few block all others. */
export const DEFAULT_MAX_ACK_PENDING = 20_000;
