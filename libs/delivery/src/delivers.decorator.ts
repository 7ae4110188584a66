import { type EventType } from '@posthorn/contracts';
import 'reflect-metadata';
import { type DeliveryHandler, type HandlerConnection } from './delivery.handler.js';

/**
 * What to do when nobody knows whether an attempt took effect. `retry`: deliver again (it is idempotent).
 * `ask`: call `find`, deliver again only when it finds nothing. `hold`: stop and show it to a person.
 */
export type UnknownPolicy = 'retry' | 'ask' | 'hold';

export interface DeliversOptions {
  readonly types: EventType | readonly EventType[];
  /** Names the effect, e.g. `sync-lead`. Types that must not overtake each other share one action. */
  readonly action: string;
  /** Default `retry`. A function where the connection's own options decide. */
  readonly unknown?: UnknownPolicy | ((connection: HandlerConnection) => UnknownPolicy);
  /** An event that comes after a newer one of its ordering key was delivered is skipped as superseded. */
  readonly latestWins?: boolean;
}

const DELIVERS = Symbol('posthorn:delivers');

type HandlerClass = abstract new (...args: never[]) => DeliveryHandler<never, never, never>;

/** Declares which events a handler delivers. Each (type, action) has exactly one handler, or the service does not start. */
export function Delivers(options: DeliversOptions): (target: HandlerClass) => void {
  return (target) => Reflect.defineMetadata(DELIVERS, options, target);
}

export function deliversOf(target: object): DeliversOptions | undefined {
  return Reflect.getOwnMetadata(DELIVERS, target) as DeliversOptions | undefined;
}

/** The types that these handlers deliver, each once: all that a service takes. */
export function typesOf(handlers: readonly object[]): EventType[] {
  return [...new Set(handlers.flatMap((handler) => deliversOf(handler)?.types ?? []))].sort();
}
