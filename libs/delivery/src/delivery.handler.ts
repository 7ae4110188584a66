import { type EventType, type PosthornEvent } from '@posthorn/contracts';

export interface HandlerConnection<O = Record<string, unknown>> {
  readonly id: string;
  readonly site: string;
  readonly options: O;
}

export interface DeliveryCall<Port, O = Record<string, unknown>> {
  /** The connection's provider. */
  readonly provider: Port;
  readonly connection: HandlerConnection<O>;
  /** Stable over all attempts: fit for a provider's idempotency key. */
  readonly deliveryId: string;
  /** 1 for the first. A call the guard refused to start is not counted. */
  readonly attempt: number;
  /** Aborted at the deadline; hand it to every request. */
  readonly signal: AbortSignal;
  /**
   * Nothing is to happen: somebody asks what would be delivered, and the provider only takes notes. A handler that keeps
   * something of its own must not.
   */
  readonly rehearsal?: boolean;
}

export interface DeliveryResult {
  /** The provider's own id of what now exists; none of what is gone. */
  readonly externalId?: string;
  /** A business outcome type of the catalogue, e.g. `crm.contact.synced`. */
  readonly outcome: string;
  /** What an auditor may want to know. Never personal data. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** Maps one kind of event to what a provider should hold. Decorate it with `@Delivers`. */
export interface DeliveryHandler<T extends EventType = EventType, Port = unknown, O = Record<string, unknown>> {
  /** Deliveries of one connection and action that share a key run one at a time, in accepted order. */
  orderingKey(event: PosthornEvent<T>): string;
  /** A reason not to deliver at all; it is recorded. Pure: no I/O. */
  skip?(event: PosthornEvent<T>, connection: HandlerConnection<O>): string | undefined;
  /** Does nothing but by the call's provider, unless it heeds `rehearsal`. Must be safe to repeat, unless its `unknown` policy is `hold`. Throws the four provider errors only. */
  deliver(event: PosthornEvent<T>, call: DeliveryCall<Port, O>): Promise<DeliveryResult>;
  /** Needed for `unknown: 'ask'`: looks whether an earlier attempt took effect. */
  find?(event: PosthornEvent<T>, call: DeliveryCall<Port, O>): Promise<DeliveryResult | undefined>;
}
