import type { z } from 'zod';
import { dataschemaAt } from '../envelope/envelope.schema.js';
import { customEvent, isCustomType } from './custom.schema.js';
import { EVENTS, isEventType, type EventData, type EventType } from './event.catalogue.js';
import { newsletterSince1 } from './newsletter.schema.js';

/** A type whose data has changed so that not all of what was valid still is. */
interface Version<D> {
  current: number;
  /** What the version before was, as long as it is still taken: parsing with it checks the old data and gives the new. */
  previous?: z.ZodType<D>;
}

/** The types beyond their first version. docs/how-to/change-a-schema.md says how one gets here. */
const VERSIONS: { readonly [T in EventType]?: Version<EventData<T>> } = {
  'newsletter.subscribed': { current: 2, previous: newsletterSince1('unstated') },
  'newsletter.confirmed': { current: 2, previous: newsletterSince1('double-opt-in') },
  'newsletter.unsubscribed': { current: 2, previous: newsletterSince1('unstated') },
};

/** One version of a type's data that is taken today. */
export interface TakenVersion {
  version: number;
  dataschema: string;
  /** Gives data of the current version, whichever it checks. */
  schema: z.ZodType;
}

const CURRENT_OF: ReadonlyMap<string, string> = new Map(Object.keys(EVENTS).map((type) => [type, dataschemaAt(type, versionOf(type))]));

/** Where the current schema of a type is; of outcomes, and of whatever has one version only, the first. */
export function dataschemaOf(name: string): string {
  return CURRENT_OF.get(name) ?? dataschemaAt(name, 1);
}

export function versionOf(type: string): number {
  return (isEventType(type) ? VERSIONS[type]?.current : undefined) ?? 1;
}

/** The current version first, then the one before, where it is still taken; none of a type that nobody knows. */
export function takenVersions(type: string): TakenVersion[] {
  if (!isEventType(type)) return isCustomType(type) ? [{ version: 1, dataschema: dataschemaAt(type, 1), schema: customEvent }] : [];
  const { current, previous }: Version<unknown> = VERSIONS[type] ?? { current: 1 };
  const versions: TakenVersion[] = [{ version: current, dataschema: dataschemaAt(type, current), schema: EVENTS[type] }];
  if (previous !== undefined) versions.push({ version: current - 1, dataschema: dataschemaAt(type, current - 1), schema: previous });
  return versions;
}

/** What data of the type is checked with that says it is of this version: the current one unless it says that of the one before. */
export function schemaFor(type: string, dataschema: unknown): TakenVersion['schema'] | undefined {
  if (isEventType(type) && (VERSIONS[type]?.previous === undefined || dataschema === CURRENT_OF.get(type))) return EVENTS[type];
  const taken = takenVersions(type);
  return (taken.find((version) => version.dataschema === dataschema) ?? taken[0])?.schema;
}

/** Whether this release can read data of the type that says it is of this version. */
export function isTaken(type: string, dataschema: string): boolean {
  return dataschema === CURRENT_OF.get(type) || takenVersions(type).some((taken) => taken.dataschema === dataschema);
}
