import { EVENT_TYPES } from '../events/event.catalogue.js';
import { asyncApiDocument } from './async-api.document.js';
import { envelopeJsonSchema, jsonSchemaOf, outcomeJsonSchema } from './json-schema.document.js';

/** The files of `generated/` by name, exactly as they must be. */
export function generatedDocuments(): ReadonlyMap<string, string> {
  return new Map([
    ...EVENT_TYPES.map((type) => [`${type}.schema.json`, written(jsonSchemaOf(type))] as const),
    ['envelope.schema.json', written(envelopeJsonSchema())],
    ['outcome.schema.json', written(outcomeJsonSchema())],
    ['asyncapi.json', written(asyncApiDocument())],
  ]);
}

const written = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;
