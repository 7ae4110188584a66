import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseWitness } from '../../drill/checker/database.witness.js';
import { ProviderWitness } from '../../drill/checker/provider.witness.js';
import { writeDrillConfiguration } from '../../drill/drill.configuration.js';
import { signalFamily } from '../../drill/storm/process.signals.js';
import { anyPorts } from '../../start/port.plan.js';
import { readiness } from '../../start/readiness.probe.js';
import { type Stack, startStack } from '../../start/stack.js';
import { type Finding, type Proof, type Proving } from '../proof.js';
import { LeadSender } from './lead.sender.js';

const ON_NATS = ['ingress', 'crm-sync', 'email', 'calendar', 'audit'] as const;
const PER_SECOND = 10;
const NOTICED_WITHIN_MS = 15_000;
const REFUSED_WITHIN_MS = 1_000;
const RECOVERY_MS = 180_000;

/** The whole system, with NATS away for long, then stopped, then without Postgres; the services are never restarted. */
export const brokerProof: Proof = {
  about: 'NATS away for minutes, then stopped, then Postgres away: accepted throughout, noticed, resumed without a restart',
  options: { minutes: { about: 'how long NATS is away', default: 10, least: 1, most: 1_440 } },
  run: prove,
};

async function prove({ values: { minutes = 10 }, signal, progress }: Proving): Promise<Finding> {
  const home = mkdtempSync(join(tmpdir(), 'posthorn-broker-'));
  let stack: Stack | undefined;
  try {
    const configFile = join(home, 'broker.yaml');
    writeDrillConfiguration(configFile);
    stack = await startStack({ home, configFile, signal, ports: await anyPorts(), restart: false, env: { ...process.env, POSTGRES_URL: '', NATS_URL: '', LOG_LEVEL: 'warn' } });
    return await new BrokerTrial(stack, signal, progress).run(minutes);
  } finally {
    await stack?.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

class BrokerTrial {
  private readonly complaints: string[] = [];
  private readonly table = [['what happened', 'what was seen', 'in time']];
  private readonly sender: LeadSender;

  constructor(
    private readonly stack: Stack,
    private readonly signal: AbortSignal,
    private readonly progress: (line: string) => void,
  ) {
    this.sender = new LeadSender(stack.urls['ingress'] ?? '', stack.keys.site);
  }

  async run(minutes: number): Promise<Finding> {
    const pids = this.pids();
    const sending = this.sender.start(PER_SECOND);
    await this.away(minutes);
    const noticedMs = await this.stopped();
    const refusedMs = await this.withoutPostgres();
    this.sender.stop();
    await sending;
    const { missing, doubled, recoveryMs } = await this.reckon();
    const same = this.pids().join() === pids.join();
    this.note('all along', `${this.sender.accepted.size} events accepted; the services are ${same ? 'the same processes' : 'NOT the same processes'}`, same);
    const figures = { accepted: this.sender.accepted.size, missing, doubled, noticedMs, refusedMs, recoveryMs, restarts: same ? 0 : 1 };
    return { holds: this.complaints.length === 0, table: this.table, figures, complaints: this.complaints };
  }

  /** NATS is killed and stays away; whoever sends an event must not notice. */
  private async away(minutes: number): Promise<void> {
    this.progress(`NATS is away for ${minutes} min`);
    const before = this.sender.accepted.size;
    await this.stack.process('nats').kill('SIGKILL');
    for (let minute = 0; minute < minutes; minute += 1) {
      await this.pause(60_000);
      this.progress(`${this.sender.accepted.size - before} events accepted meanwhile, ${this.sender.refused} refused`);
    }
    const { refused } = this.sender;
    this.note(`NATS away for ${minutes} min`, `${this.sender.accepted.size - before} events accepted, ${refused} refused`, refused === 0 && this.sender.accepted.size > before);
    await this.stack.process('nats').start();
    this.note('NATS is back', 'every service ready again', (await this.untilReady(true)) !== undefined);
  }

  /** A process that is stopped closes no connection: only its silence can be noticed. */
  private async stopped(): Promise<number> {
    this.progress('NATS is stopped (SIGSTOP)');
    const { pid } = this.stack.process('nats');
    signalFamily(pid, 'SIGSTOP');
    // Ingress needs no NATS to accept, and stays ready.
    const noticedMs = (await this.untilReady(false)) ?? Infinity;
    signalFamily(pid, 'SIGCONT');
    this.note('NATS stopped (SIGSTOP)', `every subscriber says so after ${(noticedMs / 1_000).toFixed(1)} s`, noticedMs <= NOTICED_WITHIN_MS);
    this.note('NATS goes on', 'every service ready again', (await this.untilReady(true)) !== undefined);
    return Math.round(noticedMs);
  }

  private async withoutPostgres(): Promise<number> {
    this.progress('Postgres is away');
    await this.stack.process('postgres').kill('SIGKILL');
    await this.sender.submit();
    const began = performance.now();
    const status = await this.sender.submit();
    const refusedMs = Math.round(performance.now() - began);
    this.note('Postgres away', `an event is answered ${status} after ${refusedMs} ms`, status === 503 && refusedMs <= REFUSED_WITHIN_MS);
    await this.stack.process('postgres').start();
    this.note('Postgres is back', 'every service ready again', (await this.untilReady(true)) !== undefined);
    return refusedMs;
  }

  /** Waits until nothing is left to do, and asks the CRM for each event. */
  private async reckon(): Promise<{ missing: number; doubled: number; recoveryMs: number }> {
    this.progress('waiting until everything is delivered');
    const database = new DatabaseWitness(this.stack.database);
    const began = performance.now();
    try {
      const witness = new ProviderWitness(this.stack.urls['sandbox'] ?? '');
      for (;;) {
        const [{ notes }, { open, unrelayed }] = [await witness.collect(), await database.remaining()];
        const counts = [...this.sender.accepted].map((id) => notes.get(id) ?? 0);
        const missing = counts.filter((count) => count === 0).length;
        const over = performance.now() - began > RECOVERY_MS;
        if ((missing === 0 && unrelayed === 0 && Object.values(open).every((count) => count === 0)) || over) {
          const doubled = counts.filter((count) => count > 1).length;
          const recoveryMs = Math.round(performance.now() - began);
          this.note('afterwards', `${counts.length - missing - doubled} events once in the CRM, ${doubled} twice, ${missing} never, after ${(recoveryMs / 1_000).toFixed(0)} s`, !over && doubled === 0);
          return { missing, doubled, recoveryMs };
        }
        await this.pause(1_000);
      }
    } finally {
      await database.close();
    }
  }

  /** How long it took; undefined when it did not come to that. When not ready is waited for, ingress is not asked. */
  private async untilReady(ready: boolean): Promise<number | undefined> {
    const began = performance.now();
    const asked = ready ? ON_NATS : ON_NATS.filter((name) => name !== 'ingress');
    while (performance.now() - began < 60_000) {
      const answers = await Promise.all(asked.map((name) => readiness(this.stack.urls[name] ?? '')));
      if (answers.every((answer) => answer.ready === ready)) return performance.now() - began;
      await this.pause(200);
    }
    return undefined;
  }

  private note(what: string, seen: string, good: boolean): void {
    this.table.push([what, seen, good ? 'yes' : 'NO']);
    if (!good) this.complaints.push(`${what}: ${seen}`);
  }

  private pids(): number[] {
    return ON_NATS.map((name) => this.stack.process(name).pid);
  }

  private async pause(ms: number): Promise<void> {
    this.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}
