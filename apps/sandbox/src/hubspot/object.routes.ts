import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { batchAnswer, batchOf, readBody, readObjectType } from './hubspot.body.js';
import { invalidInput } from './hubspot.error.js';
import type { HubSpotStore } from './hubspot.store.js';
import type { CrmObject, ObjectAnswer, ObjectType } from './hubspot.types.js';
import { objectTypeOf } from './hubspot.types.js';
import type { SearchQuery } from './search.index.js';

const propertyValues = z.record(z.string(), z.unknown());
const associations = z
  .array(
    z.object({
      to: z.object({ id: z.coerce.string() }),
      types: z.array(z.object({ associationCategory: z.string(), associationTypeId: z.coerce.number() })).min(1),
    }),
  )
  .optional();
const createInput = z.object({ properties: propertyValues, associations, objectWriteTraceId: z.string().optional() });
const updateInput = z.object({ properties: propertyValues });
const upsertInput = z.object({
  id: z.coerce.string().min(1),
  idProperty: z.string().optional(),
  properties: propertyValues,
  objectWriteTraceId: z.string().optional(),
});
const readInput = z.object({
  inputs: z.array(z.object({ id: z.coerce.string() })).max(100),
  idProperty: z.string().optional(),
  properties: z.array(z.string()).default([]),
});
const createBatch = batchOf(createInput);
const upsertBatch = batchOf(upsertInput);
const archiveBatch = batchOf(z.object({ id: z.coerce.string() }));
const searchInput = z.looseObject({ properties: z.array(z.string()).optional() });
const gdprInput = z.object({ objectId: z.coerce.string(), idProperty: z.string().optional() });

const DEFAULT_PROPERTIES: Record<ObjectType, string[]> = {
  contacts: ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'],
  notes: ['createdate', 'hs_lastmodifieddate', 'hs_object_id'],
  deals: ['amount', 'closedate', 'createdate', 'dealname', 'dealstage', 'hs_lastmodifieddate', 'hs_object_id', 'pipeline'],
};

interface Route {
  Params: { type: string; id: string };
  Querystring: { idProperty?: string; properties?: string; associations?: string; limit?: string; after?: string };
}

export function objectRoutes(app: FastifyInstance, prefix: string, store: HubSpotStore): void {
  app.post<Route>(`${prefix}/:type`, (request, reply) => {
    const object = create(store, readObjectType(request.params.type), readBody(request.body, createInput));
    return reply.code(201).send(answer(object));
  });

  app.get<Route>(`${prefix}/:type`, (request, reply) => {
    const type = readObjectType(request.params.type);
    const limit = Math.min(Number(request.query.limit ?? 10), 100);
    const start = Number(request.query.after ?? 0);
    const all = store.all(type);
    const results = all.slice(start, start + limit).map((object) => answer(object, wanted(type, request.query.properties)));
    return reply.send({ results, ...(start + limit < all.length && { paging: { next: { after: String(start + limit) } } }) });
  });

  app.get<Route>(`${prefix}/:type/:id`, (request, reply) => {
    const type = readObjectType(request.params.type);
    const object = store.get(type, request.params.id, request.query.idProperty);
    const found = answer(object, wanted(type, request.query.properties));
    if (request.query.associations) found.associations = associationsOf(store, object, request.query.associations);
    return reply.send(found);
  });

  app.patch<Route>(`${prefix}/:type/:id`, (request, reply) => {
    const { properties } = readBody(request.body, updateInput);
    const type = readObjectType(request.params.type);
    return reply.send(answer(store.update(type, request.params.id, properties, request.query.idProperty)));
  });

  app.delete<Route>(`${prefix}/:type/:id`, (request, reply) => {
    store.remove(readObjectType(request.params.type), request.params.id);
    return reply.code(204).send();
  });

  app.post<Route>(`${prefix}/:type/batch/create`, (request, reply) => {
    const type = readObjectType(request.params.type);
    const { inputs } = readBody(request.body, createBatch);
    return reply.code(201).send(batchAnswer(inputs.map((input) => answer(create(store, type, input)))));
  });

  app.post<Route>(`${prefix}/:type/batch/upsert`, (request, reply) => {
    const type = readObjectType(request.params.type);
    const { inputs } = readBody(request.body, upsertBatch);
    refuseRepeats(inputs.map((input) => input.id));
    const results = store.upsert(type, inputs.map((input) => ({ ...input, idProperty: requiredIdProperty(input.idProperty ?? request.query.idProperty) })));
    return reply.send(batchAnswer(
      results.map(({ object, isNew }, index) => ({
        ...answer(object),
        new: isNew,
        ...(inputs[index]?.objectWriteTraceId && { objectWriteTraceId: inputs[index].objectWriteTraceId }),
      })),
    ));
  });

  app.post<Route>(`${prefix}/:type/batch/update`, (request, reply) => {
    const type = readObjectType(request.params.type);
    const { inputs } = readBody(request.body, upsertBatch);
    refuseRepeats(inputs.map((input) => input.id));
    return reply.send(batchAnswer(inputs.map((input) => answer(store.update(type, input.id, input.properties, input.idProperty)))));
  });

  app.post<Route>(`${prefix}/:type/batch/read`, (request, reply) => {
    const type = readObjectType(request.params.type);
    const { inputs, idProperty, properties } = readBody(request.body, readInput);
    const looked = inputs.map(({ id }) => ({ id, object: store.find(type, id, idProperty) }));
    const names = [...DEFAULT_PROPERTIES[type], ...properties, ...(idProperty ? [idProperty] : [])];
    const results = looked.flatMap(({ object }) => (object ? [answer(object, names)] : []));
    const missing = looked.filter(({ object }) => !object).map(({ id }) => id);
    if (missing.length === 0) return reply.send(batchAnswer(results));
    const error = {
      status: 'error',
      category: 'OBJECT_NOT_FOUND',
      message: `Could not get some ${type.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`,
      context: { ids: missing },
    };
    return reply.code(207).send(batchAnswer(results, [error]));
  });

  app.post<Route>(`${prefix}/:type/batch/archive`, (request, reply) => {
    const type = readObjectType(request.params.type);
    for (const { id } of readBody(request.body, archiveBatch).inputs) store.remove(type, id);
    return reply.code(204).send();
  });

  app.post<Route>(`${prefix}/:type/search`, (request, reply) => {
    const type = readObjectType(request.params.type);
    const query = readBody(request.body, searchInput);
    const { total, page, next } = store.index.search(type, query as SearchQuery);
    const names = [...DEFAULT_PROPERTIES[type], ...(query.properties ?? [])];
    return reply.send({ total, results: page.map((object) => answer(object, names)), ...(next && { paging: { next: { after: next } } }) });
  });

  app.post<Route>(`${prefix}/:type/gdpr-delete`, (request, reply) => {
    const type = readObjectType(request.params.type);
    const { objectId, idProperty } = readBody(request.body, gdprInput);
    const object = store.find(type, objectId, idProperty);
    if (object) store.erase(type, object.id);
    else if (idProperty === 'email') store.block(objectId);
    return reply.code(204).send();
  });
}

function create(store: HubSpotStore, type: ObjectType, input: z.infer<typeof createInput>): CrmObject {
  const object = store.create(type, input.properties);
  for (const { to, types } of input.associations ?? []) {
    for (const target of ['contacts', 'deals', 'notes'] as const) {
      if (!store.find(target, to.id)) continue;
      for (const { associationTypeId } of types) {
        store.associations.associate({ type, id: object.id }, { type: target, id: to.id }, { associationCategory: 'HUBSPOT_DEFINED', associationTypeId });
      }
    }
  }
  return object;
}

function answer(object: CrmObject, names?: string[]): ObjectAnswer {
  const properties = names
    ? Object.fromEntries(names.map((name) => [name, object.properties[name] ?? null]))
    : object.properties;
  return { id: object.id, properties, createdAt: object.createdAt, updatedAt: object.updatedAt, archived: false };
}

function wanted(type: ObjectType, properties?: string): string[] {
  return [...DEFAULT_PROPERTIES[type], ...(properties?.split(',') ?? [])];
}

function associationsOf(store: HubSpotStore, object: CrmObject, names: string): NonNullable<ObjectAnswer['associations']> {
  const groups = names.split(',').flatMap((name) => {
    const type = objectTypeOf(name);
    const linked = type ? store.associations.of(object, type) : [];
    const results = linked.map(({ id }) => ({ id, type: `${object.type.slice(0, -1)}_to_${name.replace(/s$/, '')}` }));
    return results.length > 0 ? [[name, { results }] as const] : [];
  });
  return Object.fromEntries(groups);
}

function requiredIdProperty(name: string | undefined): string {
  if (!name) throw invalidInput('Invalid input JSON: some required fields were not set: [idProperty]');
  return name;
}

function refuseRepeats(ids: string[]): void {
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (repeated.length > 0) {
    throw invalidInput(`Duplicate IDs found in batch input: [${[...new Set(repeated)].join(', ')}]. IDs must be unique`);
  }
}
