import { ContractError, type ContractIssue } from '../contract.error.js';
import { SITE_ID, TYPE_NAME } from './envelope.schema.js';

export const EVENTS_STREAM = 'EVENTS';
export const OUTCOMES_STREAM = 'OUTCOMES';

const SITE_ISSUE: ContractIssue = { pointer: '/site', rule: 'pattern', message: 'must be a site id' };
const TYPE_ISSUE: ContractIssue = { pointer: '/type', rule: 'pattern', message: 'must be a dotted lower-case name' };

/** Asked over request–reply with `{eventId}`; every service answers with its deliveries of that event. */
export const DELIVERIES_OF_EVENT = 'posthorn.deliveries.of-event';

/** Where an event travels. Throws ContractError rather than build a subject with a wildcard or a stray dot in it. */
export function eventSubject(site: string, type: string): string {
  return subject('events', site, type);
}

/** Where the events of one type travel, of whichever site: for a consumer that takes no others. */
export function eventsOfType(type: string): string {
  if (TYPE_NAME.test(type)) return `events.*.${type}`;
  throw new ContractError('No subject can be built', [TYPE_ISSUE]);
}

/** Where all the events of a site travel. */
export function eventsOfSite(site: string): string {
  if (SITE_ID.test(site)) return `events.${site}.>`;
  throw new ContractError('No subject can be built', [SITE_ISSUE]);
}

/** Where an outcome travels; `service` is the one that says it. */
export function outcomeSubject(service: string, type: string): string {
  return subject('outcomes', service, type);
}

function subject(stream: string, owner: string, type: string): string {
  const issues: ContractIssue[] = [];
  if (!SITE_ID.test(owner)) issues.push({ pointer: '/owner', rule: 'pattern', message: 'must be a site or service id' });
  if (!TYPE_NAME.test(type)) issues.push(TYPE_ISSUE);
  if (issues.length > 0) throw new ContractError('No subject can be built', issues);
  return `${stream}.${owner}.${type}`;
}
