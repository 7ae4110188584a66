import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type World } from '../cli.context.js';
import { CliError, EXIT } from '../cli.error.js';
import { type DrillReport, reportOf, shown } from './drill.report.js';
import { type StagingDrill } from './drill.options.js';
import { planFaults, runFaults } from './fault.runner.js';
import { LoadClient } from './load.client.js';
import { ProgressDisplay } from './progress.display.js';
import { today, untilSettled } from './settling.js';
import { SiteWitness } from './site.witness.js';

const SHOW_EVERY_MS = 1_000;
const ROUND_MS = 1_000;

/** Sends, lets break, waits, judges; returns the exit code. */
export async function drillStaging(drill: StagingDrill, world: World, roundMs = ROUND_MS): Promise<number> {
  const run = `drill-${drill.seed}-${randomBytes(4).toString('hex')}`;
  const display = new ProgressDisplay(world.error);
  const stop = new AbortController();
  // Once: the second Ctrl-C is meant for the judging.
  const onInterrupt = (): void => stop.abort();
  process.once('SIGINT', onInterrupt);
  try {
    const report = await ran({ drill, run, world, display, stop: stop.signal, roundMs });
    if (drill.report !== undefined) writeFileSync(drill.report, `${JSON.stringify(report, undefined, 2)}\n`);
    (drill.json ? world.error : world.out).write(shown(report, drill.json ? { ...world, out: world.error } : world));
    if (drill.json) world.out.write(`${JSON.stringify(report)}\n`);
    return report.passed ? EXIT.ok : EXIT.failed;
  } finally {
    display.clear();
    process.off('SIGINT', onInterrupt);
  }
}

interface Running {
  drill: StagingDrill;
  run: string;
  world: World;
  display: ProgressDisplay;
  stop: AbortSignal;
  roundMs: number;
}

async function ran({ drill, run, world, display, stop, roundMs }: Running): Promise<DrillReport> {
  const { ingress, audit, seconds, rate, seed, patienceSeconds } = drill;
  const witness = new SiteWitness(ingress, audit, run);
  await witness.check();
  const from = today();
  const booksBefore = await witness.books(from, from);
  const client = new LoadClient(ingress, seed, run);
  const answering = await whoIsThere(client, witness, patienceSeconds * 1_000);
  const services = new Set([...booksBefore.map(({ service }) => service), ...answering]);
  display.say(`There are ${[...new Set(['ingress', 'audit', ...services])].join(', ')}. Who is missing here is not judged.`);
  display.say(`${seconds} s at ${rate} events/s to ${ingress.url}, seed ${seed}, correlation id ${run}. Ctrl-C ends the load and judges.`);
  const began = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - began) / 1_000)} s`.padStart(7);
  const shows = setInterval(() => display.show(`${elapsed()}  ${client.accepted.length} accepted, ${client.trying} trying`), SHOW_EVERY_MS);
  const faults = runFaults(planFaults(drill.faults, seconds, seed), world, stop, ({ command, exitCode }) =>
    display.say(`${elapsed()}  ${exitCode === null ? 'ended before its time' : `exit code ${exitCode}`}: ${command}`),
  );
  try {
    await client.send(seconds, rate, stop);
    await faults;
  } finally {
    clearInterval(shows);
  }
  display.say(`${elapsed()}  the load is over; waiting at most ${patienceSeconds} s for the log`);
  try {
    const onRound = ({ open }: { open: readonly unknown[] }): void => display.show(`${elapsed()}  ${client.accepted.length} accepted, ${client.trying} trying; outcomes are to come of ${open.length}`);
    const { judgement, settledMs } = await untilSettled({ client, witness, booksBefore, services, from, patienceMs: patienceSeconds * 1_000, roundMs, onRound });
    display.clear();
    return reportOf({ drill, run, client, judgement, recoveryMs: settledMs, faults: await faults });
  } catch (error) {
    client.giveUp();
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.exitCode, `${client.accepted.length} events were accepted, and there is no verdict: ${error.message}`, `GET /v1/entries?correlation=${run} on audit tells of them. ${error.remedy ?? ''}`.trim());
  }
}

/** Found out with the first event, before anything is broken: who is down from then on is missed. */
async function whoIsThere(client: LoadClient, witness: SiteWitness, patienceMs: number): Promise<Set<string>> {
  const patience = setTimeout(() => client.giveUp(), patienceMs);
  const first = await client.sendFirst();
  clearTimeout(patience);
  if (first === undefined) throw new CliError(EXIT.failed, `The first event was not accepted: ${client.complaints[0]?.why ?? ''}`, 'Nothing else was sent.');
  return witness.services(first.id);
}
