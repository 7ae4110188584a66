import { isDeepStrictEqual } from 'node:util';
import { jsonSchemaOfVersion, type JsonSchema } from '../documents/json-schema.document.js';
import { EVENT_TYPES, type EventType } from '../events/event.catalogue.js';
import { takenVersions, type TakenVersion, versionOf } from '../events/event.versions.js';
import { EXAMPLES } from '../examples/event.examples.js';
import { breakingChanges } from './schema.compatibility.js';

/** The files of `published/`, parsed, by name: what senders have been told, for good. */
export type Published = ReadonlyMap<string, JsonSchema>;

/** What `published/` lacks of the catalogue of today. */
export interface Publication {
  /** Files to write, by name. None of them is there yet. */
  missing: Map<string, JsonSchema>;
  /** Why it must not be published, in words. */
  broken: string[];
}

/** Compares every version that is taken with all that was ever published of it. */
export function publicationOf(published: Published): Publication {
  const publication: Publication = { missing: new Map(), broken: [] };
  for (const type of EVENT_TYPES) for (const taken of takenVersions(type)) compare(type, taken, published, publication);
  return publication;
}

function compare(type: EventType, taken: TakenVersion, published: Published, { missing, broken }: Publication): void {
  const present = documentOf(type, taken);
  const before = revisionsOf(type, taken.version, published);
  const lost = before.flatMap((document) => breakingChanges(document, present));
  const latest = before.at(-1);
  if (lost.length > 0) broken.push(...lost.map(({ pointer, change }) => explained({ type, version: taken.version, pointer, change })));
  else if (latest === undefined || !isDeepStrictEqual(withoutExamples(latest), withoutExamples(present))) missing.set(nameOf(type, taken.version, before.length + 1), present);
}

function documentOf(type: EventType, taken: TakenVersion): JsonSchema {
  const document = jsonSchemaOfVersion(type, taken);
  return taken.version === versionOf(type) ? { ...document, examples: [EXAMPLES[type]] } : document;
}

/** `order.paid.1.json`, and what was added to that version later on: `order.paid.1.2.json`, … */
function nameOf(type: EventType, version: number, revision: number): string {
  return `${type}.${version}${revision === 1 ? '' : `.${revision}`}.json`;
}

/** In the order in which they were published. */
export function revisionsOf(type: EventType, version: number, published: Published): JsonSchema[] {
  const revisions: JsonSchema[] = [];
  for (;;) {
    const revision = published.get(nameOf(type, version, revisions.length + 1));
    if (revision === undefined) return revisions;
    revisions.push(revision);
  }
}

function explained({ type, version, pointer, change }: { type: EventType; version: number; pointer: string; change: string }): string {
  return (
    `${type}, version ${version}: ${pointer || '(the whole)'} ${change}. Websites send what was published, so take the change back, ` +
    `or make it version ${version + 1}: docs/how-to/change-a-schema.md`
  );
}

const withoutExamples = (document: JsonSchema): JsonSchema => ({ ...document, examples: undefined });
