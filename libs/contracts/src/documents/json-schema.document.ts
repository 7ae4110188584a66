import { z } from 'zod';
import { envelope } from '../envelope/envelope.schema.js';
import { EVENTS, type EventType } from '../events/event.catalogue.js';
import { dataschemaOf, type TakenVersion } from '../events/event.versions.js';
import { outcomeData } from '../outcomes/outcome.js';

export type JsonSchema = Record<string, unknown>;

/** Rules that compare fields (end after start) or look a name up (time zones) have no place in JSON Schema; the rest is there. */
export function jsonSchemaOf(type: EventType): JsonSchema {
  return documentOf(EVENTS[type], { $id: dataschemaOf(type), title: type });
}

/** Of whichever version: what a sender has to write. */
export function jsonSchemaOfVersion(type: EventType, { schema, dataschema }: TakenVersion): JsonSchema {
  return documentOf(schema, { $id: dataschema, title: type });
}

/** The envelope around every event and outcome. */
export function envelopeJsonSchema(): JsonSchema {
  return documentOf(envelope, { $id: dataschemaOf('envelope'), title: 'CloudEvents envelope of Posthorn' });
}

/** The data of every outcome. */
export function outcomeJsonSchema(): JsonSchema {
  return documentOf(outcomeData, { $id: dataschemaOf('outcome'), title: 'Data of an outcome' });
}

function documentOf(schema: z.ZodType, head: { $id: string; title: string }): JsonSchema {
  const { $schema, ...body } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return { $schema, ...head, ...body };
}
