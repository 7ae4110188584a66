import { type Finding, type Proof, type Proving } from '../proof.js';
import { CrashStage } from './crash.stage.js';
import { CRASH_STEPS } from './crash.steps.js';
import { type VictimName } from './crash.victim.js';

const VICTIMS: readonly VictimName[] = ['crm-sync', 'calendar'];
/** For a moment to come: a start of the service, and what it has to take up again. */
const MOMENT_MS = 60_000;
/** A lease, and the time after which NATS brings again what was not acknowledged. */
const SETTLE_MS = 180_000;

/** Kills real services at each step of a delivery, and counts what has happened at the providers. */
export const crashProof: Proof = {
  about: 'kill -9 of crm-sync and calendar at each of the five steps of a delivery: nothing lost, nothing twice',
  options: { times: { about: 'kills at each step of each service', default: 200, least: 1, most: 10_000 } },
  run: prove,
};

async function prove({ values: { times = 1 }, signal, progress }: Proving): Promise<Finding> {
  const stage = new CrashStage();
  const complaints: string[] = [];
  try {
    await stage.start(VICTIMS);
    progress(`two services are running; ${times * CRASH_STEPS.length} kills each`);
    const kills = new Map<VictimName, number[]>(VICTIMS.map((name) => [name, CRASH_STEPS.map(() => 0)]));
    await Promise.all(VICTIMS.map((name) => killAgainAndAgain(name)));
    progress('waiting until everything is delivered');
    const table = [['service', 'killed', 'times']];
    const figures: Record<string, unknown> = {};
    for (const name of VICTIMS) {
      const { counts, repeated, unfinished } = await stage.reckon(name, SETTLE_MS);
      const [lost, duplicates] = [counts.filter((count) => count === 0).length, counts.filter((count) => count > 1).length];
      const killed = kills.get(name) ?? [];
      CRASH_STEPS.forEach((step, index) => table.push([name, step.name, String(killed[index])]));
      table.push([name, `${counts.length} events`, `${counts.filter((count) => count === 1).length} once, ${duplicates} twice, ${lost} never; ${repeated} attempts repeated`]);
      figures[name] = { kills: killed.reduce((sum, each) => sum + each, 0), events: counts.length, lost, duplicates, unfinished, repeated };
      if (lost + duplicates + unfinished > 0) complaints.push(`${name}: ${lost} events are lost, ${duplicates} took effect twice, ${unfinished} are not delivered`);
      if (killed.some((count) => count < times)) complaints.push(`${name}: not every step was reached ${times} times: ${killed.join(', ')}`);
    }
    return { holds: complaints.length === 0, table, figures, complaints };

    async function killAgainAndAgain(name: VictimName): Promise<void> {
      const reached = kills.get(name) ?? [];
      for (let round = 1; round <= times; round += 1) {
        for (const [index, step] of CRASH_STEPS.entries()) {
          signal.throwIfAborted();
          const came = await stage.victims.get(name)?.dieAt(step, () => stage.send(name), MOMENT_MS);
          if (came === true) reached[index] = (reached[index] ?? 0) + 1;
        }
        progress(`${name}: killed ${round} × ${CRASH_STEPS.length} times`);
      }
    }
  } finally {
    await stage.stop();
  }
}
