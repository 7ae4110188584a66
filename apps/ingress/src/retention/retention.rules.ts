import { EVENT_TYPES, isOwnEventType } from '@posthorn/contracts';

/** What Posthorn says itself names nobody, and is kept; but who asked to be forgotten is named. */
export const RETENTION_TYPES = EVENT_TYPES.filter((type) => !isOwnEventType(type) || type === 'privacy.confirmation_requested');

/** How long a site keeps personal values, in days. What is not mentioned is kept. */
export interface RetentionSettings {
  days?: number | undefined;
  types: Readonly<Partial<Record<string, number>>>;
}

/** These types of a site are kept equally long. */
export interface RetentionRule {
  site: string;
  days: number;
  types: readonly string[];
  /** Another rule begins at the beginning: it may be about events that this one passed over. */
  name: string;
}

/** `own`: the types that the site has added. */
export function rulesOf(site: string, { days, types }: RetentionSettings, own: readonly string[] = []): RetentionRule[] {
  const kept = [...RETENTION_TYPES, ...own].map((type) => ({ type, days: types[type] ?? days }));
  return [...Map.groupBy(kept, (each) => each.days)].flatMap(([equallyLong, group]) => {
    if (equallyLong === undefined) return [];
    const ofRule = group.map(({ type }) => type).sort();
    return { site, days: equallyLong, types: ofRule, name: `${equallyLong} days: ${ofRule.join(' ')}` };
  });
}
