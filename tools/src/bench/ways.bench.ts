import type { Measuring } from './benchmark.js';
import { type Figure, median, type Result } from './figure.js';
import { usageDuring } from './process.usage.js';
import { askOnce } from './program.js';
import type { Flood, Flooded } from './programs/flood.js';
import type { Rig } from './rig.js';
import { ROUNDS, takeTurns, until } from './rounds.js';
import { formBody, leadBody, orderBody } from './samples.js';
import { measureCosts } from './ways.costs.js';

const EVENTS_PER_BATCH = 100;
const WARM_UP_SECONDS = 2;
const PUBLISHED_WITHIN_MS = 120_000;
const SIGNATURE = 'x-wc-webhook-signature';

interface Way {
  what: string;
  /** Below the ingress, and below the bare program. */
  ours: string;
  bare: string;
  load: Omit<Flood, 'url' | 'seconds'>;
  eventsPerRequest: number;
  aimPerSecond?: number;
}

interface Turn extends Omit<Flooded, 'accepted'> {
  /** Of the processor, for each event. */
  processorMicros: number;
  residentMegabytes: number;
}

/** Every way in, beside a program that does the same without a promise; then what each check takes. */
export async function measureWays({ rig, seconds, progress }: Measuring): Promise<Result> {
  await rig.run(['ingress']);
  const program = rig.bare('bare.ingress', { SHOP_SECRET: rig.shopSecret });
  const bareUrl = await program.ask<string>('url');
  const bareUnpublished = () => program.ask<number>('unpublished');
  const figures: Figure[] = [];
  for (const way of waysOf(rig)) {
    const ours = { url: `${rig.urlOf('ingress')}${way.ours}`, pid: rig.pidOf('ingress'), unpublished: () => countOf(rig, 'ingress.unrelayed'), stored: () => countOf(rig, 'ingress.ledger') };
    const bare = { url: `${bareUrl}${way.bare}`, pid: program.pid, unpublished: bareUnpublished, stored: () => countOf(rig, 'bare_ledger') };
    const turn = (side: typeof ours, duration: number) => flood(rig, way, side, duration);
    progress(`${way.what}: warming up`);
    await turn(ours, WARM_UP_SECONDS);
    await turn(bare, WARM_UP_SECONDS);
    const each = Math.max(1, Math.round(seconds / ROUNDS));
    const turns = await takeTurns({ ours: () => turn(ours, each), bare: () => turn(bare, each) }, progress, told);
    figures.push(...figuresOf(way, (of) => ({ ours: median(turns.ours.map((one) => one[of])), bare: median(turns.bare.map((one) => one[of])) })));
  }
  // Held or set aside is answered alike, and would be another measurement.
  const aside = await countOf(rig, 'ingress.quarantine');
  if (aside > 0) throw new Error(`${aside} of the events were set aside.`);
  figures.push(...(await measureCosts(progress)));
  return {
    name: 'ways',
    title: 'Ways in, and what each check takes of the processor',
    ours: 'the ingress: limits, keys or signatures, schema, rules, ledger and queue in one commit, relay, crossed off',
    bare: 'Fastify, one INSERT per batch, one publish for each event, the signature of a webhook; beside a check: what it could not be done without',
    figures,
  };
}

function waysOf(rig: Rig): Way[] {
  const { headers } = rig.ingress;
  const leads = Array.from({ length: EVENTS_PER_BATCH }, (_, n) => leadBody(`jane.roe.${n}`));
  const shop = { 'content-type': 'application/json', 'x-wc-webhook-topic': 'order.updated' };
  return [
    { what: 'single events', ours: '/v1/events', bare: '/v1/events', load: { headers, body: leadBody('jane.roe'), connections: 64 }, eventsPerRequest: 1 },
    { what: `lists of ${EVENTS_PER_BATCH}`, ours: '/v1/events', bare: '/v1/batches', load: { headers, body: `[${leads.join(',')}]`, connections: 16 }, eventsPerRequest: EVENTS_PER_BATCH, aimPerSecond: 20_000 },
    { what: 'forms', ours: '/v1/forms/acme.callback', bare: '/v1/forms', load: { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: formBody(), connections: 64, expect: 303 }, eventsPerRequest: 1 },
    { what: 'signed webhooks', ours: '/v1/webhooks/acme.shop', bare: '/v1/webhooks', load: { headers: shop, body: orderBody(), connections: 64, sign: { header: SIGNATURE, secret: rig.shopSecret } }, eventsPerRequest: 1 },
  ];
}

async function flood(rig: Rig, { load, eventsPerRequest }: Way, { url, pid, unpublished, stored }: { url: string; pid: number; unpublished: () => Promise<number>; stored: () => Promise<number> }, seconds: number): Promise<Turn> {
  await rig.settle();
  const before = await stored();
  const details: Flood = { ...load, url, seconds };
  const { value, usage } = await usageDuring(pid, async () => {
    const flooded = await askOnce<Flooded>('flood', 'flood', details);
    // What is left over belongs to this turn, and would be published at the cost of the other side's.
    await until(async () => (await unpublished()) === 0, 'not every event has been published', PUBLISHED_WITHIN_MS);
    return flooded;
  });
  const events = value.accepted * eventsPerRequest;
  const made = (await stored()) - before;
  // Some of it may have been stored and not answered any more; repetitions would be answered and not stored.
  if (made < events) throw new Error(`${events} events were accepted and ${made} stored.`);
  return { ...value, perSecond: value.perSecond * eventsPerRequest, processorMicros: (usage.processorMs * 1_000) / made, residentMegabytes: usage.residentMegabytes };
}

function figuresOf({ what, aimPerSecond }: Way, figure: (of: keyof Turn) => { ours: number; bare: number }): Figure[] {
  return [
    { what: `${what}: accepted`, unit: '/s', better: 'higher', ...figure('perSecond'), ...(aimPerSecond === undefined ? {} : { aim: { of: 'ours', value: aimPerSecond } }) },
    { what: `${what}: answered, p50`, unit: 'ms', better: 'lower', ...figure('p50') },
    { what: `${what}: answered, p99`, unit: 'ms', better: 'lower', ...figure('p99') },
    { what: `${what}: processor, each event`, unit: 'µs', better: 'lower', ...figure('processorMicros') },
    { what: `${what}: memory meanwhile`, unit: 'MB', better: 'lower', ...figure('residentMegabytes') },
  ];
}

function told({ perSecond, processorMicros, p50, p99 }: Turn): string {
  return `${perSecond.toFixed(0)} events/s, ${processorMicros.toFixed(0)} µs each, p50 ${p50} ms, p99 ${p99} ms`;
}

async function countOf(rig: Rig, table: string): Promise<number> {
  return (await rig.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`))[0]?.count ?? 0;
}
