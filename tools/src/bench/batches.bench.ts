import type { Measuring } from './benchmark.js';
import { median, type Result } from './figure.js';
import { askOnce } from './program.js';
import type { Flood, Flooded } from './programs/flood.js';
import { ROUNDS, takeTurns, until } from './rounds.js';
import { leadBody } from './samples.js';

const EVENTS_PER_BATCH = 100;
const CONNECTIONS = 16;
const WARM_UP_SECONDS = 3;
const PUBLISHED_WITHIN_MS = 120_000;

interface Side {
  url: string;
  headers: Record<string, string>;
  /** How many events are in the ledger and not yet in NATS. */
  unpublished: () => Promise<number>;
}

interface Turn extends Flooded {
  /** Events per second until the last of them was in NATS. */
  publishedPerSecond: number;
}

/** How many events per second come through the door in lists, and how many of them NATS has at the end of it. */
export async function measureBatches({ rig, seconds, progress }: Measuring): Promise<Result> {
  await rig.run(['ingress']);
  const program = rig.bare('bare.ingress');
  const ours: Side = {
    ...rig.ingress,
    unpublished: async () => (await rig.query<{ count: number }>('SELECT count(*)::int AS count FROM ingress.unrelayed'))[0]?.count ?? 0,
  };
  const bare: Side = { url: `${await program.ask<string>('url')}/v1/batches`, headers: ours.headers, unpublished: () => program.ask<number>('unpublished') };
  const body = `[${Array.from({ length: EVENTS_PER_BATCH }, (_, n) => leadBody(`jane.roe.${n}`)).join(',')}]`;
  const flood = async ({ url, headers, unpublished }: Side, duration: number): Promise<Turn> => {
    await rig.settle();
    const details: Flood = { url, headers, body, connections: CONNECTIONS, seconds: duration };
    const began = performance.now();
    const flooded = await askOnce<Flooded>('flood', 'flood', details);
    const perSecond = flooded.perSecond * EVENTS_PER_BATCH;
    // What is left over would be published at the cost of the other side's turn.
    await until(async () => (await unpublished()) === 0, 'not every event has been published', PUBLISHED_WITHIN_MS);
    return { ...flooded, perSecond, publishedPerSecond: (perSecond * duration) / ((performance.now() - began) / 1_000) };
  };
  progress('warming up');
  await flood(ours, WARM_UP_SECONDS);
  await flood(bare, WARM_UP_SECONDS);
  const each = Math.max(1, Math.round(seconds / ROUNDS));
  const turns = await takeTurns(
    { ours: () => flood(ours, each), bare: () => flood(bare, each) },
    progress,
    ({ perSecond, publishedPerSecond, p50, p99 }) => `${perSecond.toFixed(0)} events/s, ${publishedPerSecond.toFixed(0)} published, p50 ${p50} ms, p99 ${p99} ms`,
  );
  const figure = (of: keyof Turn) => ({ ours: median(turns.ours.map((turn) => turn[of])), bare: median(turns.bare.map((turn) => turn[of])) });
  return {
    name: 'batches',
    title: `Accepting events in lists of ${EVENTS_PER_BATCH}, ${CONNECTIONS} connections`,
    ours: 'the ingress: key, limits, schema of each event, ledger and queue in one commit, relay, crossed off, an answer for each',
    bare: 'Fastify, one INSERT for each list, one publish for each event; nothing checked, nothing crossed off',
    figures: [
      { what: 'events accepted', unit: '/s', better: 'higher', ...figure('perSecond'), aim: { of: 'ours', value: 20_000 } },
      { what: 'events accepted and published', unit: '/s', better: 'higher', ...figure('publishedPerSecond') },
      { what: 'time to 202, p50', unit: 'ms', better: 'lower', ...figure('p50') },
      { what: 'time to 202, p99', unit: 'ms', better: 'lower', ...figure('p99') },
    ],
  };
}
