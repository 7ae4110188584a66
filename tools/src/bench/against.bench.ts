import type { Measuring } from './benchmark.js';
import { median, type Result } from './figure.js';
import type { OtherBuild, OtherRig } from './other.build.js';
import { usageDuring } from './process.usage.js';
import { askOnce } from './program.js';
import type { Flood, Flooded } from './programs/flood.js';
import { ROUNDS, takeTurns } from './rounds.js';

const CONNECTIONS = 64;
const WARM_UP_SECONDS = 3;

/** Whether single events come in as fast as at another commit, each with servers and services of its own. */
export async function measureAgainst({ rig, seconds, progress }: Measuring, build: OtherBuild, other: OtherRig): Promise<Result> {
  const { name } = build;
  const body = await build.leadBody('jane.roe');
  await rig.run(['ingress']);
  await other.run(['ingress']);
  const turn = async (side: OtherRig, duration: number) => {
    await side.settle();
    const details: Flood = { ...side.ingress, body, connections: CONNECTIONS, seconds: duration };
    const { value, usage } = await usageDuring(side.pidOf('ingress'), () => askOnce<Flooded>('flood', 'flood', details));
    return { ...value, processorMicros: (usage.processorMs * 1_000) / value.accepted, residentMegabytes: usage.residentMegabytes };
  };
  progress('warming up');
  await turn(rig, WARM_UP_SECONDS);
  await turn(other, WARM_UP_SECONDS);
  const each = Math.max(1, Math.round(seconds / ROUNDS));
  const sides = { ours: 'here', bare: name };
  const turns = await takeTurns(
    { ours: () => turn(rig, each), bare: () => turn(other, each) },
    progress,
    ({ perSecond, processorMicros, p50, p99 }) => `${perSecond.toFixed(0)} events/s, ${processorMicros.toFixed(0)} µs each, p50 ${p50} ms, p99 ${p99} ms`,
    sides,
  );
  const figure = (of: keyof (typeof turns.ours)[number]) => ({ ours: median(turns.ours.map((one) => one[of])), bare: median(turns.bare.map((one) => one[of])) });
  return {
    name: 'against',
    title: `Accepting events, ${CONNECTIONS} connections, beside ${name}`,
    ours: 'the ingress of this tree',
    bare: `the ingress of ${name}, with the packages that are installed here`,
    sides,
    figures: [
      { what: 'events accepted', unit: '/s', better: 'higher', ...figure('perSecond') },
      { what: 'processor time each', unit: 'µs', better: 'lower', ...figure('processorMicros') },
      { what: 'time to 202, p50', unit: 'ms', better: 'lower', ...figure('p50') },
      { what: 'time to 202, p99', unit: 'ms', better: 'lower', ...figure('p99') },
      { what: 'memory', unit: 'MB', better: 'lower', ...figure('residentMegabytes') },
    ],
  };
}
