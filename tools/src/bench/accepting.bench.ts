import { median, type Result } from './figure.js';
import type { Measuring } from './benchmark.js';
import { askOnce } from './program.js';
import type { Flood, Flooded } from './programs/flood.js';
import { ROUNDS, takeTurns } from './rounds.js';
import { leadBody } from './samples.js';

const CONNECTIONS = 64;
const WARM_UP_SECONDS = 3;

/** How many events per second come through the door. */
export async function measureAccepting({ rig, seconds, progress }: Measuring): Promise<Result> {
  await rig.run(['ingress']);
  const ours = rig.ingress;
  const bare = { url: `${await rig.bare('bare.ingress').ask<string>('url')}/v1/events`, headers: ours.headers };
  const flood = async (target: typeof ours, duration: number): Promise<Flooded> => {
    await rig.settle();
    const details: Flood = { ...target, body: leadBody('jane.roe'), connections: CONNECTIONS, seconds: duration };
    return askOnce<Flooded>('flood', 'flood', details);
  };
  progress('warming up');
  await flood(ours, WARM_UP_SECONDS);
  await flood(bare, WARM_UP_SECONDS);
  const each = Math.max(1, Math.round(seconds / ROUNDS));
  const turns = await takeTurns(
    { ours: () => flood(ours, each), bare: () => flood(bare, each) },
    progress,
    ({ perSecond, p50, p99 }) => `${perSecond.toFixed(0)} events/s, p50 ${p50} ms, p99 ${p99} ms`,
  );
  const figure = (of: keyof Flooded) => ({ ours: median(turns.ours.map((turn) => turn[of])), bare: median(turns.bare.map((turn) => turn[of])) });
  return {
    name: 'accepting',
    title: `Accepting events, ${CONNECTIONS} connections`,
    ours: 'the ingress: key, limits, schema, ledger and queue in one commit, relay, crossed off',
    bare: 'Fastify, one INSERT per batch, one publish; nothing checked, nothing crossed off',
    figures: [
      { what: 'events accepted', unit: '/s', better: 'higher', ...figure('perSecond'), aim: { of: 'ratio', value: 0.7 } },
      { what: 'time to 202, p50', unit: 'ms', better: 'lower', ...figure('p50') },
      { what: 'time to 202, p99', unit: 'ms', better: 'lower', ...figure('p99') },
    ],
  };
}
