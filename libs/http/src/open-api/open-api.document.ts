import type { Route } from '../route.catalogue.js';
import { problemsByNature, type Nature } from './common.problems.js';
import { HEALTH_OPERATIONS } from './health.operations.js';
import type { Answer, Example, JsonSchema, Operation, Parameter, Schema } from './operation.js';
import { joinedResponses, problemComponents, problemResponses } from './problem.responses.js';
import { type Direction, fieldsOf, jsonSchemaOf } from './schema.conversion.js';

/** What a service says of its HTTP interface as a whole. */
export interface ApiInfo {
  title: string;
  about: string;
  /** What stands in examples for its address and for a key, such as INGRESS and SITE_KEY. */
  variables: { address: string; key: string };
  /** Schemas that others refer to as `#/components/schemas/<name>`. */
  schemas?: Readonly<Record<string, Schema>>;
}

/** What of OpenAPI 3.1 is written and read here. */
export interface OpenApiDocument {
  openapi: '3.1.1';
  info: { title: string; version: string; description: string; license: { name: string; identifier: string }; 'x-variables': ApiInfo['variables'] };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: Record<string, Record<string, JsonSchema>>;
  /** Routes that somebody has forgotten to describe; absent when there are none, as there should be. */
  'x-undescribed'?: string[];
}

export interface DocumentedOperation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters: { name: string; in: 'path' | 'query' | 'header'; required: boolean; description?: string; schema: JsonSchema }[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, DocumentedResponse>;
  'x-scope'?: string;
  /** Whole requests, and the status each of them is answered with. */
  'x-examples'?: readonly Example[];
}

export interface DocumentedResponse {
  $ref?: string;
  description?: string;
  headers?: Record<string, { description: string; schema: JsonSchema }>;
  content?: Record<string, { schema: JsonSchema }>;
}

/** The OpenAPI 3.1 document of these routes. Those that nobody has described are only named. */
export function openApiDocument({ title, about, variables, schemas = {} }: ApiInfo, routes: readonly Route[], nature: Nature): OpenApiDocument {
  const described = routes.flatMap((route) => {
    const operation = operationOf(route);
    return operation === undefined ? [] : [{ route, operation }];
  });
  const undescribed = routes.filter((route) => operationOf(route) === undefined).map(({ method, url }) => `${method} ${url}`);
  const paths: OpenApiDocument['paths'] = {};
  for (const { route, operation } of described) {
    const path = (paths[pathOf(route.url)] ??= {});
    path[route.method.toLowerCase()] = documented(route, operation, nature);
  }
  return {
    openapi: '3.1.1',
    info: { title, version: '1', description: about, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }, 'x-variables': variables },
    servers: [{ url: '/' }],
    tags: [...new Set(described.map(({ operation }) => operation.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'Authorization: Bearer <key>' } },
      schemas: { ...problemComponents().schemas, ...converted(schemas, 'input') },
      responses: problemComponents().responses,
    },
    ...(undescribed.length === 0 ? {} : { 'x-undescribed': undescribed }),
  };
}

/** What is said about a route, if anything is. */
export function operationOf({ method, url, config }: Route): Operation | undefined {
  return config.operation ?? HEALTH_OPERATIONS[`${method} ${url}`];
}

function documented(route: Route, operation: Operation, nature: Nature): DocumentedOperation {
  const { method, url, config } = route;
  const { summary, about, tag, body, bodyOptional = false, examples, problems = {} } = operation;
  const { requiredKey } = config;
  return {
    operationId: [method.toLowerCase(), ...pathOf(url).split(/[^A-Za-z0-9]+/)].filter((word) => word !== '').join('-'),
    summary,
    ...(about === undefined ? {} : { description: about }),
    tags: [tag],
    security: requiredKey === undefined ? [] : [{ key: [] }],
    ...(requiredKey?.scope === undefined ? {} : { 'x-scope': requiredKey.scope }),
    parameters: parametersOf(url, operation),
    ...(body === undefined ? {} : { requestBody: { required: !bodyOptional, content: contentOf(body, 'input') } }),
    responses: joinedResponses(
      problemResponses([...problemsByNature(route, nature), problems], operation),
      Object.fromEntries(Object.entries(operation.answers).map(([status, answer]) => [status, responseOf(answer)])),
    ),
    ...(examples === undefined ? {} : { 'x-examples': examples }),
  };
}

function parametersOf(url: string, { path = {}, query, headers = {} }: Operation): DocumentedOperation['parameters'] {
  const named = (place: 'path' | 'header', parameters: Readonly<Record<string, Parameter>>): DocumentedOperation['parameters'] =>
    Object.entries(parameters).map(([name, { about, schema, required = place === 'path' }]) => ({ name, in: place, required, description: about, schema: jsonSchemaOf(schema, 'input') }));
  const inPath = Object.fromEntries([...pathOf(url).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, path[name] ?? { about: '', schema: { type: 'string' } }]));
  return [
    ...named('path', inPath),
    ...(query === undefined ? [] : fieldsOf(query).map(({ name, required, schema: { description, ...schema } }) => ({ name, in: 'query' as const, required, ...(typeof description === 'string' ? { description } : {}), schema }))),
    ...named('header', headers),
  ];
}

function responseOf({ about, content, headers }: Answer): DocumentedResponse {
  return {
    description: about,
    ...(headers === undefined ? {} : { headers: Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }])) }),
    ...(content === undefined ? {} : { content: contentOf(content, 'output') }),
  };
}

const contentOf = (content: Readonly<Record<string, Schema>>, io: Direction): Record<string, { schema: JsonSchema }> =>
  Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema: jsonSchemaOf(schema, io) }]));

const converted = (schemas: Readonly<Record<string, Schema>>, io: Direction): Record<string, JsonSchema> =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, jsonSchemaOf(schema, io)]));

/** `/v1/events/:id` → `/v1/events/{id}`. What a star stands for is called path, and may have slashes. */
const pathOf = (url: string): string => url.replace(/:(\w+)(?:\([^)]*\))?/g, '{$1}').replace('*', '{path}');
