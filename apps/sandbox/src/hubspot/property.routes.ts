import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { batchAnswer, batchOf, readBody, readObjectType } from './hubspot.body.js';
import { notFound } from './hubspot.error.js';
import type { HubSpotStore } from './hubspot.store.js';

interface Route {
  Params: { type: string; name: string };
}

const group = z.object({ name: z.string().min(1), label: z.string().min(1) });
const definition = z.record(z.string(), z.unknown());

export function propertyRoutes(app: FastifyInstance, prefix: string, store: HubSpotStore): void {
  app.get<Route>(`${prefix}/:type`, (request, reply) =>
    reply.send({ results: store.properties.list(readObjectType(request.params.type)) }),
  );

  app.post<Route>(`${prefix}/:type`, (request, reply) => {
    const created = store.properties.create(readObjectType(request.params.type), readBody(request.body, definition));
    store.touch();
    return reply.code(201).send(created);
  });

  app.get<Route>(`${prefix}/:type/groups`, (request, reply) =>
    reply.send({ results: store.properties.groups(readObjectType(request.params.type)) }),
  );

  app.post<Route>(`${prefix}/:type/groups`, (request, reply) => {
    const { name, label } = readBody(request.body, group);
    const created = store.properties.createGroup(readObjectType(request.params.type), name, label);
    store.touch();
    return reply.code(201).send(created);
  });

  app.post<Route>(`${prefix}/:type/batch/create`, (request, reply) => {
    const type = readObjectType(request.params.type);
    const { inputs } = readBody(request.body, batchOf(definition));
    const results = inputs.map((input) => store.properties.create(type, input));
    store.touch();
    return reply.code(201).send(batchAnswer(results));
  });

  app.get<Route>(`${prefix}/:type/:name`, (request, reply) => {
    const property = store.properties.find(readObjectType(request.params.type), request.params.name);
    if (!property) throw notFound(`Property ${request.params.name} does not exist`);
    return reply.send(property);
  });

  app.delete<Route>(`${prefix}/:type/:name`, (request, reply) => {
    store.properties.remove(readObjectType(request.params.type), request.params.name);
    store.touch();
    return reply.code(204).send();
  });
}
