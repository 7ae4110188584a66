import { createHmac, hash } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createEvent, parseSubmitted } from '@posthorn/contracts';
import { SCHEMES, signDelivery, verifyDelivery } from '@posthorn/webhooks';
import { WORKSPACE } from '../workspace.js';
import { type Figure, median } from './figure.js';
import { takeTurns } from './rounds.js';
import { leadBody, orderBody } from './samples.js';

const TURN_MS = 300;
const AT_A_TIME = 200;
const MAX_DEPTH = 32;
const SECRET = 'ph_secret_0000000000000000000000000000000000';
const KEYS = 1_000;
const PORTION = 1_000;

/** One check, and what stands in its place where nothing is promised. */
interface Check {
  what: string;
  ours: () => unknown;
  bare: () => unknown;
}

/** What libs/http does before a handler runs; its face does not show all of it. */
interface Checks {
  KeyRing: new (options: { keys: readonly { id: string; site: string; scopes: readonly string[]; sha256: string }[] }) => object;
  callerOf: (known: { keys: object }, headers: { authorization: string }, required: { scope: string; browsers: boolean }) => Promise<{ id: string }>;
  RateLimiter: new (parts: { bank: { lease: () => Promise<object> }; limitOfKey: () => object; perAddress: object; nameOfAddress: () => string }) => object;
  limitKey: (limiter: object, key: object, request: object, reply: object) => Promise<void>;
  findBadShapes: (value: unknown, maxDepth: number) => object[];
}

/** Microseconds of processor time for each check of a request, by turns with its bare counterpart. */
export async function measureCosts(progress: (line: string) => void): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { what, ours, bare } of checksOf(await loadChecks())) {
    const sides = { ours: () => microseconds(ours), bare: () => microseconds(bare) };
    await sides.ours();
    await sides.bare();
    const turns = await takeTurns(sides, (line) => progress(`${what}: ${line}`), (value) => `${value.toFixed(2)} µs`);
    figures.push({ what, unit: 'µs', better: 'lower', ours: median(turns.ours), bare: median(turns.bare) });
  }
  return figures;
}

function checksOf({ KeyRing, callerOf, RateLimiter, limitKey, findBadShapes }: Checks): Check[] {
  const authorization = `Bearer ${SECRET}`;
  const secrets = [...Array.from({ length: KEYS - 1 }, (_, n) => `other-${n}`), SECRET];
  const keys = new KeyRing({ keys: secrets.map((secret, n) => ({ id: `key-${n}`, site: 'acme', scopes: ['events:write'], sha256: hash('sha256', secret) })) });
  const plain = new Map(secrets.map((secret) => [`Bearer ${secret}`, { id: secret }]));
  const limit = { perSecond: 1_000_000, burst: 1_000_000 };
  // The statement that fetches a portion is one for very many requests, and its time is Postgres's.
  const bank = { lease: () => Promise.resolve({ granted: PORTION, left: limit.burst }) };
  const limiter = new RateLimiter({ bank, limitOfKey: () => limit, perAddress: limit, nameOfAddress: () => '' });
  const reply = { header: (): object => reply };
  const key = { id: 'key-1', site: 'acme', scopes: [] };
  const counted = new Map<string, number>();
  const lead = leadBody('jane.roe');
  const submission = JSON.parse(lead) as { data: Parameters<typeof createEvent<'lead.submitted'>>[0]['data'] };
  const envelope = createEvent({ site: 'acme', type: 'lead.submitted', data: submission.data });
  const envelopeText = JSON.stringify(envelope);
  const order = Buffer.from(orderBody().replaceAll('{{n}}', '727'));
  const headers = signDelivery(SCHEMES.woocommerce, SECRET, order);
  const orderText = order.toString();
  return [
    { what: `authentication: a key among ${KEYS.toLocaleString('en')}, beside a Map`, ours: () => callerOf({ keys }, { authorization }, { scope: 'events:write', browsers: true }), bare: () => plain.get(authorization) },
    { what: 'authentication: a webhook’s signature, beside HMAC alone', ours: () => verifyDelivery(SCHEMES.woocommerce, { headers, body: order }, { secrets: [SECRET] }), bare: () => createHmac('sha256', SECRET).update(order).digest() },
    { what: 'limits: counted by key, told in headers, beside a counter in a Map', ours: () => limitKey(limiter, key, {}, reply), bare: () => counted.set(key.id, (counted.get(key.id) ?? 0) + 1) },
    { what: 'limits: depth, names and text of an event, beside JSON.parse', ours: () => findBadShapes(submission, MAX_DEPTH), bare: () => JSON.parse(lead) as unknown },
    { what: 'limits: the same of an order, beside JSON.parse', ours: shapesOf(findBadShapes, orderText), bare: () => JSON.parse(orderText) as unknown },
    { what: 'validation: an event by its contract, beside JSON.parse', ours: () => parseSubmitted(envelope), bare: () => JSON.parse(envelopeText) as unknown },
  ];
}

function shapesOf(findBadShapes: Checks['findBadShapes'], text: string): () => unknown {
  const value: unknown = JSON.parse(text);
  return () => findBadShapes(value, MAX_DEPTH);
}

async function loadChecks(): Promise<Checks> {
  const parts = await Promise.all(['key.ring', 'caller.check', 'json-shape.check', 'limits/rate.limiter', 'limits/request.limits'].map((name) => import(pathToFileURL(join(WORKSPACE, 'libs', 'http', 'dist', `${name}.js`)).href)));
  return Object.assign({}, ...(parts as object[])) as Checks;
}

/** Of processor time: nothing here waits, so the time that other programs had says nothing of it. */
async function microseconds(check: () => unknown): Promise<number> {
  const began = performance.now();
  const before = process.cpuUsage();
  let checks = 0;
  do {
    for (let n = 0; n < AT_A_TIME; n += 1) {
      const answer = check();
      if (answer instanceof Promise) await answer;
    }
    checks += AT_A_TIME;
  } while (performance.now() - began < TURN_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / checks;
}
