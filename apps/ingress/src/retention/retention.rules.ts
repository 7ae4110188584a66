import { EVENT_TYPES, type EventType } from '@posthorn/contracts';

/** What says that somebody was forgotten names nobody, and is kept. */
export const RETENTION_TYPES = EVENT_TYPES.filter((type) => type !== 'privacy.erasure_requested' && type !== 'privacy.transport_erased');

/** How long a site keeps personal values, in days. What is not mentioned is kept. */
export interface RetentionSettings {
  days?: number | undefined;
  types: Readonly<Partial<Record<EventType, number>>>;
}

/** These types of a site are kept equally long. */
export interface RetentionRule {
  site: string;
  days: number;
  types: readonly EventType[];
  /** Another rule begins at the beginning: it may be about events that this one passed over. */
  name: string;
}

export function rulesOf(site: string, { days, types }: RetentionSettings): RetentionRule[] {
  const kept = RETENTION_TYPES.map((type) => ({ type, days: types[type] ?? days }));
  return [...Map.groupBy(kept, (each) => each.days)].flatMap(([equallyLong, group]) => {
    if (equallyLong === undefined) return [];
    const ofRule = group.map(({ type }) => type).sort();
    return { site, days: equallyLong, types: ofRule, name: `${equallyLong} days: ${ofRule.join(' ')}` };
  });
}
