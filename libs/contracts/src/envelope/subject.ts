import { ContractError, type ContractIssue } from '../contract.error.js';
import { SITE_ID, TYPE_NAME } from './envelope.schema.js';

export const EVENTS_STREAM = 'EVENTS';
export const OUTCOMES_STREAM = 'OUTCOMES';

/** Asked over request–reply with `{eventId}`; every service answers with its deliveries of that event. */
export const DELIVERIES_OF_EVENT = 'posthorn.deliveries.of-event';

/** Where an event travels. Throws ContractError rather than build a subject with a wildcard or a stray dot in it. */
export function eventSubject(site: string, type: string): string {
  return subject('events', site, type);
}

/** Where an outcome travels; `service` is the one that says it. */
export function outcomeSubject(service: string, type: string): string {
  return subject('outcomes', service, type);
}

function subject(stream: string, owner: string, type: string): string {
  const issues: ContractIssue[] = [];
  if (!SITE_ID.test(owner)) issues.push({ pointer: '/owner', rule: 'pattern', message: 'must be a site or service id' });
  if (!TYPE_NAME.test(type)) issues.push({ pointer: '/type', rule: 'pattern', message: 'must be a dotted lower-case name' });
  if (issues.length > 0) throw new ContractError('No subject can be built', issues);
  return `${stream}.${owner}.${type}`;
}
