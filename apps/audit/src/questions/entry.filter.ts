import type { EntriesQuery } from './entries.query.js';

/** Which entries are asked for. */
export type EntryFilter = Omit<EntriesQuery, 'cursor' | 'limit'>;

/** What entries have to fulfil, in SQL, at least one thing; and the parameters of it. */
export interface Conditions {
  clauses: string[];
  params: unknown[];
}

/** All but the text, which no index has, and but for those left out. Only what is asked for becomes a condition, so that the planner sees which index fits. */
export function conditionsOf(filter: EntryFilter, leftOut: readonly (keyof EntryFilter)[] = []): Conditions {
  const params: unknown[] = [];
  const conditions: readonly [keyof EntryFilter, string, unknown][] = [
    ['site', 'site =', filter.site],
    ['type', 'type =', filter.type],
    ['kind', 'kind =', filter.kind],
    // What auditors look at would crowd out what they look for; it is shown to who asks for it.
    ['kind', 'kind <>', filter.kind === undefined ? 'access' : undefined],
    ['service', 'service =', filter.service],
    ['connection', 'connection =', filter.connection],
    ['outcome', 'outcome =', filter.outcome],
    ['actor', 'actor =', filter.actor],
    ['event', 'event_id =', filter.event],
    ['person', 'person =', filter.person],
    ['correlation', 'correlation =', filter.correlation],
    ['from', 'id >=', filter.from === undefined ? undefined : firstIdOf(filter.from)],
    ['to', 'id <', filter.to === undefined ? undefined : firstIdOf(filter.to)],
  ];
  const clauses = conditions.flatMap(([name, condition, value]) => (value === undefined || leftOut.includes(name) ? [] : [`${condition} $${params.push(value)}`]));
  return { clauses, params };
}

/**
 * What an entry has to fulfil to have the text in its clear part: in a value, not in a field's name. All else in a leaf is
 * what other filters ask for, or sealed. First the cheap look at the whole, which lets few through.
 */
export function textConditionsOf(text: string, params: unknown[]): string[] {
  const written = JSON.stringify(text).slice(1, -1);
  // The rest of the string it is in, and its end, which no colon follows; or what ends without a string.
  const inValue = `${written.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')}(?:[^"\\\\]|\\\\.)*(?:"(?!:)|$)`;
  return [`leaf ILIKE $${params.push(`%${written.replaceAll(/[\\%_]/g, '\\$&')}%`)}`, `(leaf::json -> 'envelope')::text ~* $${params.push(inValue)}`];
}

/** The least UUID of a millisecond: UUIDv7 sorts by time. */
export function firstIdOf(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
