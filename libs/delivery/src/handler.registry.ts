import { EVENTS, type EventType } from '@posthorn/contracts';
import { deliversOf, type UnknownPolicy } from './delivers.decorator.js';
import { type DeliveryHandler, type HandlerConnection } from './delivery.handler.js';

/** Handlers are found by an event's type at run time, so the registry knows them for any type. */
export type AnyHandler = DeliveryHandler;

export interface RegisteredHandler {
  readonly action: string;
  readonly types: readonly EventType[];
  readonly latestWins: boolean;
  readonly handler: AnyHandler;
  unknownPolicy(connection: HandlerConnection): UnknownPolicy;
}

/** The service was put together wrongly; it does not start. */
export class DeliverySetupError extends Error {
  override readonly name = 'DeliverySetupError';
  readonly code = 'DELIVERY_SETUP_INVALID';
}

/** Which handler delivers which (type, action). */
export class HandlerRegistry {
  private readonly byType = new Map<string, RegisteredHandler[]>();

  /** `ours`: what every service handles, beside its own. */
  constructor(handlers: readonly AnyHandler[], ours: readonly AnyHandler[] = []) {
    if (handlers.length === 0) throw new DeliverySetupError('DeliveryModule.forRoot was given no handlers, so nothing would ever be delivered.');
    for (const handler of [...handlers, ...ours]) this.register(handler);
  }

  /** The types this service takes: events of others are none of its business. */
  types(): string[] {
    return [...this.byType.keys()].sort();
  }

  /** All handlers of a type; none for types this service does not care about. */
  of(type: string): readonly RegisteredHandler[] {
    return this.byType.get(type) ?? [];
  }

  find(type: string, action: string): RegisteredHandler | undefined {
    return this.of(type).find((registered) => registered.action === action);
  }

  private register(handler: AnyHandler): void {
    const name = handler.constructor.name;
    const options = deliversOf(handler.constructor);
    if (options === undefined) throw new DeliverySetupError(`${name} has no @Delivers, so it is not known what it delivers.`);
    const { action, unknown = 'retry', latestWins = false } = options;
    const types = typeof options.types === 'string' ? [options.types] : options.types;
    if (types.length === 0) throw new DeliverySetupError(`${name} delivers no event type.`);
    if (unknown === 'ask' && handler.find === undefined) {
      throw new DeliverySetupError(`${name} declares unknown: 'ask' and has no find() to ask with.`);
    }
    const unknownPolicy = (connection: HandlerConnection): UnknownPolicy => (typeof unknown === 'function' ? unknown(connection) : unknown);
    const registered: RegisteredHandler = { action, types, latestWins, handler, unknownPolicy };
    for (const type of types) {
      if (!(type in EVENTS)) throw new DeliverySetupError(`${name} delivers "${type}", which the catalogue does not have.`);
      const rival = this.find(type, action);
      if (rival !== undefined) {
        throw new DeliverySetupError(`${name} and ${rival.handler.constructor.name} both deliver ${type} as "${action}"; each (type, action) has one handler.`);
      }
      this.byType.set(type, [...this.of(type), registered]);
    }
  }
}
