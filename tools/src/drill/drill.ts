import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyPorts } from '../start/port.plan.js';
import { type Stack, startStack } from '../start/stack.js';
import { untraceable } from './checker/audit.witness.js';
import { bookComplaints, booksSaid } from './checker/books.witness.js';
import { DatabaseWitness, type Remaining } from './checker/database.witness.js';
import type { Evidence } from './checker/evidence.js';
import { DELIVERING, promisesOf } from './checker/promises.js';
import { ProviderWitness } from './checker/provider.witness.js';
import { judge } from './checker/verdict.js';
import { pauseBeforeAsking } from './drain.pace.js';
import { writeDrillConfiguration } from './drill.configuration.js';
import type { DrillReport } from './drill.report.js';
import { LoadClient } from './load/client.js';
import { leftOf, Patience } from './patience.js';
import { ProcessorMeter } from './processor.meter.js';
import { FaultInjector } from './storm/fault.injector.js';
import { type FaultKind, planFaults } from './storm/fault.plan.js';
import { StormLog } from './storm/storm.log.js';
import { recoveriesOf, spansOf, timelineOf } from './timeline.js';

export interface DrillSettings {
  seconds: number;
  rate: number;
  seed: number;
  without: readonly FaultKind[];
  /** Leaves data and logs behind. */
  keep?: boolean;
  /** How long the drill waits while nothing is being done any more. */
  patienceMs?: number;
  signal?: AbortSignal;
  onPhase?: (line: string) => void;
  onProgress?: (progress: Progress) => void;
}

export interface Progress {
  phase: 'storm' | 'drain';
  elapsedMs: number;
  accepted: number;
  inFlight: number;
  broken: readonly string[];
  remaining: Remaining | undefined;
}

const PATIENCE_MS = 180_000;
const PROGRESS_EVERY_MS = 1_000;
const TRACES_ASKED_FOR = 25;
/** Audit asks the services every ten seconds, and takes one that was just killed for away for a while. */
const BOOKS_PATIENCE_MS = 60_000;

/** A storm, the quiet after it, and the reckoning. Starts what it needs and removes it again. */
export async function runDrill(settings: DrillSettings): Promise<DrillReport> {
  const home = mkdtempSync(join(tmpdir(), 'posthorn-drill-'));
  const log = new StormLog();
  let injector: FaultInjector | undefined;
  let stack: Stack | undefined;
  try {
    settings.onPhase?.('starting Posthorn');
    mkdirSync(home, { recursive: true });
    const configFile = join(home, 'drill.yaml');
    writeDrillConfiguration(configFile);
    stack = await startStack({
      home,
      configFile,
      ports: await anyPorts(),
      restart: false,
      env: { ...process.env, POSTGRES_URL: '', NATS_URL: '', LOG_LEVEL: 'warn' },
      onDeath: (death) => injector?.restart(death),
      ...(settings.signal === undefined ? {} : { signal: settings.signal }),
    });
    injector = new FaultInjector(stack, log);
    return await new Drill(settings, stack, injector, log).run();
  } finally {
    injector?.end();
    await injector?.settled().catch(() => undefined);
    await stack?.stop();
    if (settings.keep === true) settings.onPhase?.(`data and logs are in ${home}`);
    else rmSync(home, { recursive: true, force: true });
  }
}

class Drill {
  private readonly client: LoadClient;
  private readonly database: DatabaseWitness;
  private readonly startedAt = Date.now();
  private readonly processors = new ProcessorMeter();

  constructor(
    private readonly settings: DrillSettings,
    private readonly stack: Stack,
    private readonly injector: FaultInjector,
    private readonly log: StormLog,
  ) {
    const { rate, seed } = settings;
    this.client = new LoadClient({ url: stack.urls['ingress'] ?? '', siteKey: stack.keys.site, rate, seed });
    this.database = new DatabaseWitness(stack.database);
  }

  async run(): Promise<DrillReport> {
    try {
      await this.storm();
      const stormEndedAt = Date.now();
      const lastFaultEndedAt = Math.max(this.startedAt, ...this.log.incidents.map(({ to }) => to).filter((time) => !Number.isNaN(time)));
      const storm = this.processors.share();
      const drainedAt = await this.drain();
      const busy = { storm, drain: this.processors.share() };
      this.settings.onPhase?.('checking every event');
      return await this.reckon({ stormEndedAt, lastFaultEndedAt, drainedAt, busy });
    } finally {
      this.client.giveUp();
      await this.database.close();
    }
  }

  private async storm(): Promise<void> {
    const { seconds, seed, without, signal = new AbortController().signal } = this.settings;
    const plan = planFaults({ seconds, seed, without });
    this.settings.onPhase?.(`${seconds} s of storm, ${plan.length} faults`);
    const reporting = setInterval(() => this.report('storm', undefined), PROGRESS_EVERY_MS);
    try {
      this.client.start();
      const over = new Promise<void>((resolve) => {
        setTimeout(resolve, this.startedAt + seconds * 1_000 - Date.now());
        signal.addEventListener('abort', () => resolve());
      });
      await Promise.all([this.injector.run(plan, this.startedAt, signal), over.then(() => this.client.stop())]);
      signal.throwIfAborted();
    } finally {
      clearInterval(reporting);
    }
  }

  /** Resolves with the time at which nothing was left to do. */
  private async drain(): Promise<number | undefined> {
    this.settings.onPhase?.('quiet: waiting until all work is done');
    const patience = new Patience(this.settings.patienceMs ?? PATIENCE_MS);
    let remaining: Remaining | undefined;
    for (let askAt = 0; ; ) {
      this.settings.signal?.throwIfAborted();
      if (Date.now() >= askAt) {
        remaining = await this.database.remaining().catch(() => undefined);
        if (remaining !== undefined && this.isDone(remaining)) return Date.now();
        if (patience.isOver(remaining === undefined ? undefined : leftOf(remaining))) return undefined;
        askAt = Date.now() + pauseBeforeAsking(remaining);
      }
      this.report('drain', remaining);
      await new Promise((resolve) => setTimeout(resolve, PROGRESS_EVERY_MS));
    }
  }

  private isDone({ whole }: Remaining): boolean {
    if (this.client.inFlight > 0 || whole === undefined || whole.unrecorded > 0 || whole.accepted < this.client.accepted.length) return false;
    const expected = this.expectedDeliveries();
    return DELIVERING.every((service) => whole.planned[service] >= expected[service]);
  }

  private expectedDeliveries(): Record<(typeof DELIVERING)[number], number> {
    const expected = { 'crm-sync': 0, email: 0, calendar: 0 };
    for (const { type } of this.client.accepted) for (const { service } of promisesOf(type)) expected[service] += 1;
    return expected;
  }

  private async reckon(times: Pick<DrillReport, 'stormEndedAt' | 'lastFaultEndedAt' | 'drainedAt' | 'busy'>): Promise<DrillReport> {
    const { seconds, rate, seed, without } = this.settings;
    const journal = this.client.journal();
    // What is claimed is read before what proves it: work that is still under way may only add to the proof.
    const [ledger, deliveries] = [await this.database.ledger(), await this.database.deliveries()];
    const providers = await new ProviderWitness(this.stack.urls['sandbox'] ?? '').collect();
    const evidence: Evidence = { ...providers, ledger, deliveries, audit: await this.database.audit() };
    const judgement = judge(journal, evidence);
    const spans = spansOf(journal, evidence);
    return {
      seconds,
      rate,
      seed,
      without,
      startedAt: this.startedAt,
      ...times,
      accepted: journal.accepted.length,
      tries: this.client.tries,
      ...judgement,
      complaints: await this.complaints(evidence),
      incidents: this.log.incidents,
      recoveries: recoveriesOf(this.log.incidents, spans),
      timeline: timelineOf(spans, journal, evidence, { from: this.startedAt, to: times.drainedAt ?? Date.now() }),
    };
  }

  private async complaints({ audit }: Evidence): Promise<string[]> {
    const { accepted, unanswered, refused, contradictions } = this.client.journal();
    const sample = accepted.filter((_, index) => index % Math.ceil(accepted.length / TRACES_ASKED_FOR) === 0).map(({ id }) => id);
    const untold = await untraceable(this.stack.urls['audit'] ?? '', this.stack.keys.auditor, sample);
    return [
      ...refused.map((answer) => `ingress refused a valid event: ${answer}`),
      ...contradictions,
      ...(unanswered === 0 ? [] : [`${unanswered} events were still not accepted when the drill stopped waiting`]),
      ...(audit.missingOutcomes === 0 ? [] : [`${audit.missingOutcomes} outcomes are in a service's outbox and not in the audit log`]),
      ...(await this.bookComplaints()),
      ...untold.map((id) => `GET /v1/trace/${id} does not tell of the event`),
    ];
  }

  /** What remains wrong when audit has had the time to look again. */
  private async bookComplaints(): Promise<string[]> {
    this.settings.onPhase?.('comparing the books with the tables');
    const [from = '', until = ''] = [this.startedAt, Date.now()].map((time) => new Date(time).toISOString().slice(0, 10));
    for (const deadline = Date.now() + BOOKS_PATIENCE_MS; ; ) {
      const said = await booksSaid(this.stack.urls['audit'] ?? '', this.stack.keys.auditor, from, until);
      const complaints = bookComplaints(said, await this.database.books());
      if (complaints.length === 0 || Date.now() > deadline) return complaints;
      await new Promise((resolve) => setTimeout(resolve, PROGRESS_EVERY_MS));
    }
  }

  private report(phase: Progress['phase'], remaining: Remaining | undefined): void {
    const { accepted, inFlight } = this.client;
    this.settings.onProgress?.({ phase, elapsedMs: Date.now() - this.startedAt, accepted: accepted.length, inFlight, broken: this.log.now, remaining });
  }
}
