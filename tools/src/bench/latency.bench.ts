import { median, percentile, type Result } from './figure.js';
import type { Measuring } from './benchmark.js';
import { Program } from './program.js';
import type { Accepted, Steady } from './programs/steady.sender.js';
import { ROUNDS, takeTurns, until } from './rounds.js';
import { leadBody } from './samples.js';

const PER_SECOND = 100;
const WARM_UP_SECONDS = 3;
const ARRIVES_WITHIN_MS = 60_000;

interface Delay {
  p50: number;
  p99: number;
}

/** How long after the 202 the provider is called. */
export async function measureLatency({ rig, seconds, progress }: Measuring): Promise<Result> {
  await rig.run(['ingress', 'crm-sync', 'sandbox']);
  const ours = { ...rig.ingress, provider: rig.urlOf('sandbox') };
  const bare = { url: `${await rig.bare('bare.ingress').ask<string>('url')}/v1/events`, headers: ours.headers, provider: undefined };
  await rig.bare('bare.worker', { PROVIDER_URL: `${rig.tapUrl}/hubspot` }).ask('ready');
  const sender = Program.start('steady.sender');
  let run = 0;
  const send = async ({ provider, url, headers }: typeof ours | typeof bare, duration: number): Promise<Delay> => {
    await rig.settle();
    await rig.tap.ask('target', { to: provider });
    const details: Steady = { url, headers, bodies: [leadBody()], mark: `latency${(run += 1)}`, perSecond: PER_SECOND, seconds: duration };
    const accepted = await sender.ask<Accepted>('send', details);
    await until(async () => (await rig.tap.ask<number>('count')) >= accepted.length, 'not every event has reached the provider', ARRIVES_WITHIN_MS);
    const calledAt = new Map(await rig.tap.ask<[string, number][]>('take'));
    const delays = accepted.map(([who, at]) => (calledAt.get(who) ?? Number.NaN) - at);
    return { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99) };
  };
  try {
    progress('warming up');
    await send(ours, WARM_UP_SECONDS);
    await send(bare, WARM_UP_SECONDS);
    const each = Math.max(1, Math.round(seconds / ROUNDS));
    const tell = ({ p50, p99 }: Delay): string => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
    const turns = await takeTurns({ ours: () => send(ours, each), bare: () => send(bare, each) }, progress, tell);
    const figure = (of: keyof Delay) => ({ ours: median(turns.ours.map((turn) => turn[of])), bare: median(turns.bare.map((turn) => turn[of])) });
    return {
      name: 'latency',
      title: `From the 202 to the provider's call, ${PER_SECOND} events/s`,
      ours: 'ingress → NATS → crm-sync → HubSpot of the sandbox, each a process of its own',
      bare: 'the bare ingress → NATS → a consumer that inserts and calls',
      figures: [
        { what: 'delay, p50', unit: 'ms', better: 'lower', ...figure('p50'), aim: { of: 'ours', value: 30 } },
        { what: 'delay, p99', unit: 'ms', better: 'lower', ...figure('p99'), aim: { of: 'ours', value: 150 } },
      ],
    };
  } finally {
    await sender.stop();
    await rig.tap.ask('target');
  }
}
