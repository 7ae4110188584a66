import { createEvent, type ErasureCause, type EventType, newId, type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult } from '../delivery.handler.js';
import { Delivers } from '../delivers.decorator.js';
import { callOf, type ScriptedProvider } from '../engine.test-kit.js';
import { type Eraser } from './eraser.js';

/** A request that names these events; they may be of any type, and need not have come yet. */
export function erasureOf(events: readonly Pick<PosthornEvent, 'id' | 'type'>[], cause: ErasureCause = 'site', site = 'acme'): PosthornEvent<'privacy.erasure_requested'> {
  const byType: Partial<Record<EventType, string[]>> = {};
  for (const { id, type } of events) byType[type] = [...(byType[type] ?? []), id];
  return createEvent({ site, type: 'privacy.erasure_requested', data: { cause, events: byType } });
}

/** Asks the provider as though the erasure were a call about an event that is named `erase <address>, <address>`. */
export class ScriptedEraser implements Eraser<ScriptedProvider> {
  async erase(events: readonly PosthornEvent[], call: DeliveryCall<ScriptedProvider>): Promise<Pick<DeliveryResult, 'outcome' | 'facts'>> {
    await call.provider.call(callOf(eraseName(events), call));
    return { outcome: 'crm.person.erased', facts: { people: events.length } };
  }
}

export const eraseName = (events: readonly PosthornEvent[]): string => `erase ${events.map((event) => ('person' in event.data ? event.data.person?.email : event.id)).join(', ')}`;

@Delivers({ types: 'customer.updated', action: 'sync-customer', latestWins: true })
export class CustomerHandler implements DeliveryHandler<'customer.updated', ScriptedProvider> {
  orderingKey(event: PosthornEvent<'customer.updated'>): string {
    return event.data.person.email;
  }

  async deliver(event: PosthornEvent<'customer.updated'>, call: DeliveryCall<ScriptedProvider>): Promise<DeliveryResult> {
    return { externalId: await call.provider.call(callOf(event.id, call)), outcome: 'crm.contact.synced' };
  }
}

export const customerOf = (email: string, site = 'acme'): PosthornEvent<'customer.updated'> => createEvent({ site, type: 'customer.updated', data: { person: { email } } });

/** An event that has not come, of which only its id is known. */
export const unseen = (type: EventType): Pick<PosthornEvent, 'id' | 'type'> => ({ id: newId(), type });
