import type { EntriesQuery } from './entries.query.js';

/** Which entries are asked for. */
export type EntryFilter = Omit<EntriesQuery, 'cursor' | 'limit'>;

/** What entries have to fulfil, in SQL, at least one thing; and the parameters of it. */
export interface Conditions {
  clauses: string[];
  params: unknown[];
}

// Only what is asked for becomes a condition, so that the planner sees which index fits.
export function conditionsOf(filter: EntryFilter, before?: string): Conditions {
  const params: unknown[] = [];
  const clauses = [
    ['site =', filter.site],
    ['type =', filter.type],
    ['kind =', filter.kind],
    ['service =', filter.service],
    ['connection =', filter.connection],
    ['outcome =', filter.outcome],
    ['actor =', filter.actor],
    ['event_id =', filter.event],
    ['person =', filter.person],
    ['correlation =', filter.correlation],
    ['id >=', filter.from === undefined ? undefined : firstIdOf(filter.from)],
    ['id <', filter.to === undefined ? undefined : firstIdOf(filter.to)],
    ['id <', before],
    // What auditors look at would crowd out what they look for; it is shown to who asks for it.
    ['kind <>', filter.kind === undefined ? 'access' : undefined],
  ].flatMap(([condition, value]) => (value === undefined ? [] : [`${condition ?? ''} $${params.push(value)}`]));
  return { clauses, params };
}

/** The least UUID of a millisecond: UUIDv7 sorts by time. */
function firstIdOf(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
