import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { defaultSpec, type AssociationSpec } from './association.book.js';
import { batchAnswer, batchOf, readBody, readObjectType } from './hubspot.body.js';
import { invalidInput, notFound } from './hubspot.error.js';
import type { HubSpotStore } from './hubspot.store.js';
import type { ObjectType } from './hubspot.types.js';

interface Route {
  Params: { from: string; fromId: string; to: string; toId: string };
}

const end = z.object({ id: z.coerce.string() });
const pair = z.object({ from: end, to: end });
const spec = z.object({
  associationCategory: z.enum(['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED']),
  associationTypeId: z.coerce.number(),
});
const labelledPair = pair.extend({ types: z.array(spec).min(1) });

export function associationRoutes(app: FastifyInstance, prefix: { objects: string; batch: string }, store: HubSpotStore): void {
  app.put<Route>(`${prefix.objects}/:from/:fromId/associations/default/:to/:toId`, (request, reply) => {
    const { from, fromId, to, toId } = request.params;
    return reply.send(batchAnswer(associateDefault(store, readObjectType(from), fromId, readObjectType(to), toId)));
  });

  app.put<Route>(`${prefix.objects}/:from/:fromId/associations/:to/:toId`, (request, reply) => {
    const { from, fromId, to, toId } = request.params;
    const specs = readBody(request.body, z.array(spec).min(1));
    associate(store, { type: readObjectType(from), id: fromId }, { type: readObjectType(to), id: toId }, specs);
    const answer = { fromObjectId: Number(fromId), toObjectId: Number(toId), labels: [] };
    return reply.code(201).send(answer);
  });

  app.get<Route>(`${prefix.objects}/:from/:fromId/associations/:to`, (request, reply) => {
    const { from, fromId, to } = request.params;
    const type = readObjectType(from);
    store.get(type, fromId);
    return reply.send({ results: listed(store, type, fromId, readObjectType(to)) });
  });

  app.delete<Route>(`${prefix.objects}/:from/:fromId/associations/:to/:toId`, (request, reply) => {
    const { from, fromId, to, toId } = request.params;
    store.associations.dissociate({ type: readObjectType(from), id: fromId }, { type: readObjectType(to), id: toId });
    store.touch();
    return reply.code(204).send();
  });

  app.post<Route>(`${prefix.batch}/:from/:to/batch/associate/default`, (request, reply) => {
    const [from, to] = [readObjectType(request.params.from), readObjectType(request.params.to)];
    const { inputs } = readBody(request.body, batchOf(pair));
    return reply.send(batchAnswer(inputs.flatMap((input) => associateDefault(store, from, input.from.id, to, input.to.id))));
  });

  app.post<Route>(`${prefix.batch}/:from/:to/batch/create`, (request, reply) => {
    const [from, to] = [readObjectType(request.params.from), readObjectType(request.params.to)];
    const { inputs } = readBody(request.body, batchOf(labelledPair));
    const results = inputs.map((input) => {
      associate(store, { type: from, id: input.from.id }, { type: to, id: input.to.id }, input.types);
      return { fromObjectId: Number(input.from.id), toObjectId: Number(input.to.id), labels: [] };
    });
    return reply.code(201).send(batchAnswer(results));
  });

  app.post<Route>(`${prefix.batch}/:from/:to/batch/read`, (request, reply) => {
    const [from, to] = [readObjectType(request.params.from), readObjectType(request.params.to)];
    const { inputs } = readBody(request.body, batchOf(end));
    return reply.send(batchAnswer(inputs.map(({ id }) => ({ from: { id }, to: listed(store, from, id, to) }))));
  });
}

function associateDefault(store: HubSpotStore, from: ObjectType, fromId: string, to: ObjectType, toId: string): unknown[] {
  const [forward, backward] = [defaultSpec(from, to), defaultSpec(to, from)];
  if (!forward || !backward) throw invalidInput(`No default association between ${from} and ${to}.`);
  associate(store, { type: from, id: fromId }, { type: to, id: toId }, [forward]);
  return [
    { from: { id: fromId }, to: { id: toId }, associationSpec: forward },
    { from: { id: toId }, to: { id: fromId }, associationSpec: backward },
  ];
}

function associate(
  store: HubSpotStore,
  from: { type: ObjectType; id: string },
  to: { type: ObjectType; id: string },
  specs: AssociationSpec[],
): void {
  for (const side of [from, to]) {
    if (!store.find(side.type, side.id)) throw notFound(`No ${side.type} with ID ${side.id} exists.`);
  }
  for (const one of specs) store.associations.associate(from, to, one);
  store.touch();
}

function listed(store: HubSpotStore, from: ObjectType, fromId: string, to: ObjectType): unknown[] {
  return store.associations.of({ type: from, id: fromId }, to).map(({ id, specs }) => ({
    toObjectId: Number(id),
    associationTypes: specs.map((one) => ({ category: one.associationCategory, typeId: one.associationTypeId, label: null })),
  }));
}
