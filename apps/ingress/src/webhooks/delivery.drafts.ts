import { hash } from 'node:crypto';
import { type ContractIssue, dataschemaOf, newId } from '@posthorn/contracts';
import { currentTraceparent } from '@posthorn/observability';
import type { Once } from '../accepting/acceptance.service.js';
import type { Draft } from '../admission/draft.js';
import type { ReadDelivery } from './delivery.reader.js';
import type { MappedEvent } from './mapping/delivery.mapper.js';
import type { WebhookSource } from './webhook.sources.js';

/** The events of one delivery, for the door; they are of one correlation. */
export function draftsOf(source: WebhookSource, delivery: ReadDelivery, events: readonly MappedEvent[]): Draft[] {
  let correlationid: string | undefined;
  return events.map(({ rule: { type }, data, time, onceFor, issues }, index) => {
    const id = newId();
    correlationid ??= id;
    const once = onceOf(source, onceFor === undefined ? { delivery: delivery.identity, type, index } : { type, onceFor });
    return draftOf(source, delivery, { id, correlationid, type, dataschema: dataschemaOf(type), time: time ?? new Date().toISOString(), data }, issues, once);
  });
}

/** What nobody has a rule for. Two topics may have the same body: what was deleted is told by its number alone. */
export function unmappedDraft(source: WebhookSource, delivery: ReadDelivery): Draft {
  const id = newId();
  return draftOf(source, delivery, { id, correlationid: id, time: new Date().toISOString() }, [], onceOf(source, { unmapped: delivery.identity, topic: delivery.topic }));
}

function draftOf({ site, name }: WebhookSource, { topic, identity, payload, unreadable }: ReadDelivery, made: Record<string, unknown>, issues: ContractIssue[], once: Once): Draft {
  const envelope = {
    specversion: '1.0',
    source: `/sites/${site}/webhooks/${name}`,
    datacontenttype: 'application/json',
    site,
    traceparent: currentTraceparent(),
    ...made,
  };
  // The payload itself, for whoever decides about it and for rules that are yet to be written.
  const raw = { source: `${site}.${name}`, topic, identity, ...(unreadable === undefined ? { payload } : { text: unreadable }) };
  return { channel: 'webhook', site, caller: undefined, envelope, issues, once, raw };
}

// Hashed, because it may be long, and may be made of values that name somebody. What is said again in other words is
// said again: the content that has to be the same is the key itself.
function onceOf({ id }: WebhookSource, identity: object): Once {
  const idempotencyKey = `webhook ${id} ${hash('sha256', JSON.stringify(identity), 'base64url')}`;
  return { idempotencyKey, content: idempotencyKey };
}
