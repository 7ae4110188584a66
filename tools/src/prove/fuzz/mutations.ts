import type { Random } from '../../drill/random.js';
import { type FuzzRequest, headerOf, WIRES, withHeader } from './fuzz.request.js';
import { CONTENT_TYPES, HEADERS, HOSTILE_JSON, HOSTILE_TEXT, METHODS } from './hostile.values.js';

/** One thing that is done to a request. */
export interface Mutation {
  name: string;
  change: (request: FuzzRequest, random: Random, keys: readonly string[]) => FuzzRequest;
}

type Json = Record<string, unknown> | unknown[];

const inBody = (name: string, change: (body: Buffer, random: Random) => Buffer): Mutation => ({
  name,
  change: (request, random) => ({ ...request, body: change(request.body ?? Buffer.from('{}'), random) }),
});

/** Changes one place of a JSON body; a body that is none stays as it is. */
const inJson = (name: string, change: (holder: Json, key: string, random: Random) => void): Mutation =>
  inBody(name, (body, random) => {
    try {
      const root = { root: JSON.parse(body.toString()) as unknown };
      const places = placesIn(root, []);
      const [holder, key] = random.pick(places);
      change(holder, key, random);
      return root.root === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(root.root));
    } catch {
      return body;
    }
  });

function placesIn(value: unknown, found: [Json, string][]): [Json, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, inner] of Object.entries(value)) {
    found.push([value as Json, key]);
    placesIn(inner, found);
  }
  return found;
}

export const MUTATIONS: readonly Mutation[] = [
  inJson('another value', (holder, key, random) => void Reflect.set(holder, key, random.pick(HOSTILE_JSON)())),
  inJson('another value', (holder, key, random) => void Reflect.set(holder, key, random.pick(HOSTILE_JSON)())),
  inJson('a value less', (holder, key) => void Reflect.deleteProperty(holder, key)),
  inJson('a field more', (holder, key, random) => void Reflect.set(holder, random.pick(['extra', '__proto__x', 'constructor', 'prototype', '', 'a/b~c', '\u0000', '0', key.toUpperCase()]), random.pick(HOSTILE_JSON)())),
  inJson('a list of it', (holder, key, random) => void Reflect.set(holder, key, Array.from({ length: random.pick([1, 2, 300]) }, () => Reflect.get(holder, key) as unknown))),
  inBody('cut off', (body, random) => body.subarray(0, Math.floor(random.next() * body.length))),
  inBody('a byte changed', (body, random) => {
    const changed = Buffer.from(body);
    if (changed.length > 0) changed[Math.floor(random.next() * changed.length)] = Math.floor(random.next() * 256);
    return changed;
  }),
  inBody('something else', (body, random) =>
    random.pick([
      () => Buffer.alloc(0), () => Buffer.from('null'), () => Buffer.from('[]'), () => Buffer.from('"text"'), () => Buffer.from('[{}]'), () => Buffer.from('['.repeat(100_000)), () => Buffer.from('{"a":'.repeat(5_000)), () => Buffer.from(`\ufeff${body.toString()}`),
      () => Buffer.concat([body, Buffer.from('trailing')]), () => Buffer.concat([body, Buffer.from([0xff, 0xfe, 0])]), () => Buffer.from('a=%FF&b=%00&=&&c'), () => Buffer.from('a=1&'.repeat(600)), () => Buffer.from('--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\r\n--x--\r\n'),
      () => Buffer.from('--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'), () => Buffer.alloc(263_000, ' '), () => Buffer.concat([Buffer.from('{"type":"lead.submitted","type":"x"'), Buffer.from(',"data":1}')]),
      () => Buffer.from(`[${'{},'.repeat(1_000)}{}]`), () => Buffer.from(`[${'null,'.repeat(400)}1]`), () => Buffer.alloc(random.chance(0.1) ? 6_000_000 : 300_000, '['),
    ])(),
  ),
  { name: 'another content type', change: (request, random) => withHeader(request, 'Content-Type', random.pick(CONTENT_TYPES.map((type) => ({ type }))).type) },
  {
    name: 'another header',
    change: (request, random) => {
      const [name, value] = random.pick(HEADERS);
      return withHeader(request, name, value);
    },
  },
  { name: 'many headers', change: (request, random) => ({ ...request, headers: [...request.headers, ...Array.from({ length: random.pick([50, 400, 2_500]) }, (_, at): [string, string] => [`X-${at}`, 'v'])] }) },
  { name: 'another method', change: (request, random) => ({ ...request, method: random.pick(METHODS) }) },
  {
    name: 'another step of the path',
    change: (request, random) => {
      const steps = request.path.split('/');
      const at = 1 + Math.floor(random.next() * (steps.length - 1));
      return { ...request, path: steps.map((step, index) => (index === at ? random.pick(HOSTILE_TEXT.filter((text) => text !== ' ')) : step)).join('/') };
    },
  },
  { name: 'another path', change: (request, random) => ({ ...request, path: random.pick([`/${request.path}`, `${request.path}/`, request.path.toUpperCase(), `${request.path}/..%2f`, `${request.path};a=b`, `${request.path}#x`, `http://x${request.path}`, '*', `${request.path}%`, `/${'a/'.repeat(3_000)}`]) }) },
  {
    name: 'another question',
    change: (request, random) => {
      const name = random.pick(['limit', 'cursor', 'site', 'from', 'to', 'id', 'ids', 'type', 'state', 'text', 'event', 'person', 'format', 'after', 'checkpoint', 'dry_run', 'before', 'by', 'group', 'kind', 'unknown', '__proto__', 'a[b]', '']);
      const pair = `${name}=${random.pick(HOSTILE_TEXT).replaceAll(' ', '+')}`;
      return { ...request, query: random.chance(0.3) || request.query === '' ? `?${pair}` : `${request.query}&${random.chance(0.2) ? `${pair}&${pair}` : pair}` };
    },
  },
  {
    name: 'another key',
    change: (request, random, keys) => {
      const own = headerOf(request, 'authorization') ?? 'Bearer x';
      if (random.chance(0.1)) return withHeader(request, 'Authorization', undefined);
      return withHeader(request, 'Authorization', random.pick(['', 'Bearer', 'Bearer ', own.slice(0, -1), `${own}x`, own.replace('Bearer', 'bearer'), own.replace('Bearer ', 'Basic '), 'Bearer ph_secret_x', `Bearer ${'x'.repeat(600)}`, `Bearer ${'x'.repeat(8_000)}`, 'Bearer a.b.c', 'Bearer \u00e9', `Bearer ${random.pick(keys)}`]));
    },
  },
  { name: 'another way over the wire', change: (request, random) => ({ ...request, wire: random.pick(WIRES) }) },
];
