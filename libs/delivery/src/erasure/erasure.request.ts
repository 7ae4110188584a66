import { acceptedAtOf, dataschemaOf, type PosthornEvent } from '@posthorn/contracts';
import { type ERASURE } from './erasure.names.js';

export type ErasureRequest = PosthornEvent<'privacy.erasure_requested'>;

/** All events that are to be forgotten. */
export function idsIn({ data }: PosthornEvent<typeof ERASURE>): string[] {
  return Object.values(data.events).flat();
}

/**
 * What stands in the inbox for the events that have not come: one that does is then there already, and nobody acts on
 * it. Of the types that the service takes alone, since by these it is compared with the ledger.
 */
export function tombstonesOf(request: ErasureRequest, types: readonly string[]): PosthornEvent[] {
  const taken = Object.entries(request.data.events).filter(([type]) => types.includes(type));
  return taken.flatMap(([type, ids]) => ids.map((id) => tombstone(request, type, id)));
}

function tombstone({ site, source, id: causationid, correlationid }: ErasureRequest, type: string, id: string): PosthornEvent {
  const head = { specversion: '1.0', id, source, type, time: acceptedAtOf(id).toISOString(), datacontenttype: 'application/json', dataschema: dataschemaOf(type) };
  // Erased events are not what their type's schema says; only their envelope is read.
  return { ...head, site, correlationid, causationid, erased: true, data: {} } as unknown as PosthornEvent;
}
