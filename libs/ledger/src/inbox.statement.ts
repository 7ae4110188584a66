import { acceptedAtOf, type PosthornEvent } from '@posthorn/contracts';
import { plainArray } from '@posthorn/persistence';

/**
 * A part of another statement's WITH, for what is to happen with events that are new: `recorded` has the `event_id` of
 * each of these. Taking in and its consequences are then one round trip and one commit.
 */
export function inboxSql({ first }: { first: number }): string {
  const types = ['uuid', 'text', 'text', 'timestamptz', 'json'].map((type, index) => `$${first + index}::${type}[]`);
  return `recorded AS (
    INSERT INTO inbox (event_id, site, type, accepted_at, envelope)
    SELECT * FROM unnest(${types.join(', ')})
    ON CONFLICT (event_id) DO NOTHING
    RETURNING event_id
  )`;
}

export interface Arrival {
  /** Each once, in the order of their ids. */
  readonly events: readonly PosthornEvent[];
  /** The parameters of `inboxSql`. */
  readonly columns: unknown[];
  /** Those that were recorded, in the order in which they came. */
  eventsOf(ids: readonly string[]): PosthornEvent[];
}

export function inboxOf(arriving: readonly PosthornEvent[]): Arrival {
  const byId = new Map(arriving.map((event) => [event.id, event]));
  // In one order everywhere: two replicas that insert the same ids in different orders would wait for each other.
  const ids = [...byId.keys()].sort();
  const events = ids.flatMap((id) => byId.get(id) ?? []);
  return {
    events,
    columns: [
      plainArray(ids),
      events.map(({ site }) => site),
      events.map(({ type }) => type),
      plainArray(ids.map((id) => acceptedAtOf(id).toISOString())),
      events.map((event) => JSON.stringify(event)),
    ],
    eventsOf: (recorded) => {
      const fresh = new Set(recorded);
      return [...byId.values()].filter(({ id }) => fresh.has(id));
    },
  };
}
