import { Injectable } from '@nestjs/common';
import { addressesIn, type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryResult, type Eraser } from '@posthorn/delivery';
import type { CrmProvider, Traces } from '../crm.provider.js';
import { orderKey } from '../order-sync/order.mapping.js';
import { personKey } from '../person.key.js';

/** Has the CRM forget the person, and what the events recorded about them. */
@Injectable()
export class PersonEraser implements Eraser<CrmProvider> {
  async erase(events: readonly PosthornEvent[], { provider, signal }: DeliveryCall<CrmProvider>): Promise<Pick<DeliveryResult, 'outcome' | 'facts'>> {
    return { outcome: 'crm.person.erased', facts: { ...(await provider.erase(tracesOf(events), { signal })) } };
  }
}

/** Of a form that names nobody there is nothing in the CRM; an address in its fields may be somebody else's. */
export function tracesOf(events: readonly PosthornEvent[]): Traces {
  const named = events.filter(({ data }) => 'person' in data && data.person !== undefined);
  return {
    emails: [...new Set(named.flatMap(addressesIn).map(personKey))],
    enquiries: named.filter(({ type }) => type === 'lead.submitted' || type === 'form.submitted').map(({ id }) => id),
    orders: [...new Set(named.flatMap((event) => (event.type === 'order.paid' ? orderKey(event) : [])))],
  };
}
