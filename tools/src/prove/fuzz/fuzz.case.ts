import { type DescribedApi, type Place, placesOf, requestOf } from '@posthorn/testing';
import { Random } from '../../drill/random.js';
import type { FuzzRequest } from './fuzz.request.js';
import { type Mutation, MUTATIONS } from './mutations.js';
import { MARK, SchemaSampler } from './schema.sampler.js';

export interface FuzzedService {
  name: string;
  document: DescribedApi;
}

/** A case by its number: the same for the same seed, whatever was sent before. */
export interface FuzzCase {
  number: number;
  place: Place;
  base: FuzzRequest;
  mutations: readonly { mutation: Mutation; stream: string }[];
}

const ADDRESS = /[a-z]+(@|%40)example\.com/g;
const JSON_TYPE = /json$/;

/** Makes requests out of documents: as they should be, nearly so, and not at all. */
export class CaseMaker {
  private readonly places: { service: FuzzedService; place: Place }[];

  constructor(
    private readonly seed: number,
    services: readonly FuzzedService[],
    private readonly keys: readonly string[],
  ) {
    this.places = services.flatMap((service) => placesOf(service.document).map((place) => ({ service, place })));
  }

  make(number: number): FuzzCase {
    const random = new Random(this.seed, `case ${number}`);
    const { service, place } = random.pick(this.places);
    const base = this.baseOf(service, place, random);
    const count = random.pick([0, 0, 1, 1, 1, 2, 3]);
    const mutations = Array.from({ length: count }, (_, at) => ({ mutation: random.pick(MUTATIONS), stream: `case ${number}, mutation ${at}` }));
    return { number, place, base, mutations };
  }

  /** The request of a case, with these of its mutations: each does the same whichever others there are. */
  requestOf({ base }: Pick<FuzzCase, 'base'>, mutations: FuzzCase['mutations']): FuzzRequest {
    return mutations.reduce((request, { mutation, stream }) => mutation.change(request, new Random(this.seed, stream), this.keys), base);
  }

  private baseOf({ name, document }: FuzzedService, place: Place, random: Random): FuzzRequest {
    const sampler = new SchemaSampler(document, random);
    const { operation, method } = place;
    const examples = operation['x-examples'] ?? [];
    const example = examples.length === 0 ? { title: '', status: 0 } : random.pick(examples);
    const { url, headers, body } = requestOf(place, example);
    const { pathname: path, search: question } = new URL(url, 'http://service');
    const content = Object.entries(operation.requestBody?.content ?? {});
    const [type, schema] = content.length > 0 && random.chance(0.5) ? random.pick(content) : [undefined, undefined];
    const sampled = schema === undefined ? undefined : written(type, sampler.sample(schema.schema));
    const text = sampled ?? body;
    return {
      service: name,
      method,
      path,
      query: random.chance(0.3) ? this.questionOf(place, sampler, random) : question,
      headers: [
        ...(operation.security.length > 0 ? [['Authorization', `Bearer ${this.keyFor(name, operation['x-scope'], random)}`] as [string, string]] : []),
        ...Object.entries(headers).filter(([header]) => sampled === undefined || header !== 'content-type'),
        ...(sampled === undefined || type === undefined ? [] : [['content-type', type] as [string, string]]),
      ],
      // Everybody in the examples becomes somebody who can be looked for.
      body: text === undefined ? undefined : Buffer.from(text.replace(ADDRESS, (_, at: string) => `${MARK}-${Math.floor(random.next() * 500)}${at}example.com`)),
      wire: 'plain',
    };
  }

  private questionOf({ operation }: Place, sampler: SchemaSampler, random: Random): string {
    const asked = operation.parameters.filter((parameter) => parameter.in === 'query' && (parameter.required || random.chance(0.5)));
    const pairs = asked.map(({ name, schema }) => `${name}=${encodeURIComponent(String(sampler.sample(schema)))}`);
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  }

  /** Mostly the one that may; the first of the keys are, in this order, a site's, an auditor's and an operator's. */
  private keyFor(service: string, scope: string | undefined, random: Random): string {
    if (random.chance(0.15)) return random.pick(this.keys);
    const [site = '', auditor = '', operator = ''] = this.keys;
    if (service === 'audit') return auditor;
    return service === 'console' || /^(?:keys|quarantine):/.test(scope ?? '') ? operator : site;
  }
}

function written(type: string, value: unknown): string {
  if (JSON_TYPE.test(type)) return JSON.stringify(value);
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams([['email', `${MARK}-1@example.com`], ['message', JSON.stringify(value)]]).toString();
  return String(value);
}
