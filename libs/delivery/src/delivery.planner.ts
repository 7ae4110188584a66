import { Injectable } from '@nestjs/common';
import { newId, parseEvent, type PosthornEvent } from '@posthorn/contracts';
import { type Connection, ConnectionRegistry } from './connection.registry.js';
import { withheld } from './consent/required.purposes.js';
import { type PlannedDelivery } from './delivery.row.js';
import { ERASE, ERASURE, OWN_TABLES } from './erasure/erasure.names.js';
import { type AnyHandler, HandlerRegistry, type RegisteredHandler } from './handler.registry.js';
import { digestOf } from './ordering.key.js';
import { type DeliveryFailure } from './settlement.decision.js';

/** Works out which deliveries events become: every handler of the type, for every connection of the site. */
@Injectable()
export class DeliveryPlanner {
  constructor(
    private readonly handlers: HandlerRegistry,
    private readonly connections: ConnectionRegistry,
  ) {}

  /** Whether it is of a type that this service handles. */
  takes({ type }: PosthornEvent): boolean {
    return this.handlers.of(type).length > 0;
  }

  plan(events: readonly PosthornEvent[]): PlannedDelivery[] {
    const lines = new Map<string, string>();
    return [...events].sort((a, b) => (a.id < b.id ? -1 : 1)).flatMap((event) => this.of(event, lines));
  }

  /** Those that this service takes, of sites that have no connection here: nothing becomes of them. */
  unconnected(events: readonly PosthornEvent[]): PosthornEvent[] {
    return events.filter((event) => this.takes(event) && event.type !== ERASURE && this.connections.ofSite(event.site).length === 0);
  }

  private of(event: PosthornEvent, lines: Map<string, string>): PlannedDelivery[] {
    if (event.type === ERASURE) return [ofErasure(event)];
    const handlers = this.handlers.of(event.type);
    const connections = this.connections.ofSite(event.site);
    if (handlers.length === 0 || connections.length === 0) return [];
    if (event.erased === true) return connections.flatMap((connection) => handlers.map((registered) => forgotten(event, connection, registered)));
    const misunderstood = problemOf(event);
    return connections.flatMap((connection) =>
      handlers.map((registered) => {
        const planned = misunderstood === undefined ? understood(event, connection, registered) : unreadable(event, connection, registered, misunderstood);
        if (planned.state !== 'pending') return planned;
        const line = `${connection.id}\n${registered.action}\n${planned.orderingKey}`;
        const behind = lines.get(line);
        lines.set(line, event.id);
        return { ...planned, behind };
      }),
    );
  }
}

/** An event this version does not understand is no reason to lose it: it becomes a dead letter a newer version can deliver. */
function problemOf(event: PosthornEvent): DeliveryFailure | undefined {
  try {
    parseEvent(event);
    return undefined;
  } catch (error) {
    return {
      code: 'EVENT_INVALID',
      message: `This version of the service does not understand the event: ${error instanceof Error ? error.message : 'unknown reason'}`,
      remedy: 'Deploy a version that does, then redeliver.',
    };
  }
}

function understood(event: PosthornEvent, connection: Connection, registered: RegisteredHandler): PlannedDelivery {
  const { handler } = registered;
  try {
    const reason = skippedFor(event, connection, handler);
    const orderingKey = digestOf(handler.orderingKey(event));
    const base = row(event, connection, registered, orderingKey);
    return reason === undefined ? { ...base, state: 'pending' } : { ...base, state: 'skipped', error: reason };
  } catch (error) {
    // Its message may quote the event.
    const name = error instanceof Error ? error.name : typeof error;
    return unreadable(event, connection, registered, { code: 'HANDLER_FAILED', message: `The handler could not plan the delivery: ${name}` });
  }
}

/** Why a connection is told nothing of an event: its people have not agreed, or the handler says so. */
export function skippedFor(event: PosthornEvent, { purposes, view }: Connection, handler: AnyHandler): DeliveryFailure | undefined {
  const noConsent = withheld(event, purposes);
  if (noConsent !== undefined) return noConsent;
  const message = handler.skip?.(event, view);
  return message === undefined ? undefined : { code: 'SKIPPED', message };
}

function unreadable(event: PosthornEvent, connection: Connection, registered: RegisteredHandler, error: DeliveryFailure): PlannedDelivery {
  return { ...row(event, connection, registered, digestOf(event.id)), state: 'dead', error };
}

/** It was to be forgotten before it came: there is nothing left to deliver. */
function forgotten(event: PosthornEvent, connection: Connection, registered: RegisteredHandler): PlannedDelivery {
  return { ...row(event, connection, registered, digestOf(event.id)), state: 'erased' };
}

/** What a service does about an erasure in its own tables; it is done when that is. */
function ofErasure(event: PosthornEvent): PlannedDelivery {
  return { id: newId(), event, connection: OWN_TABLES, action: ERASE, orderingKey: digestOf(event.id), latestWins: false, state: 'pending' };
}

function row(event: PosthornEvent, connection: Connection, { action, latestWins }: RegisteredHandler, orderingKey: string): Omit<PlannedDelivery, 'state'> {
  return { id: newId(), event, connection: connection.id, action, orderingKey, latestWins };
}
