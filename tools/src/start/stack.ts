import { existsSync } from 'node:fs';
import { type LocalServer } from '@posthorn/testing';
import { builtFile } from '../workspace.js';
import { verifierKeysOf, writeClientFile } from './client.file.js';
import { referencesIn } from './configuration.references.js';
import { type Death, Keeper } from './keeper.js';
import { type PortName, type PortPlan, requireFree } from './port.plan.js';
import { readiness } from './readiness.probe.js';
import { Roster } from './roster.js';
import { loadSecrets } from './secret.store.js';
import { SERVICES, type ServiceEntry } from './service.catalogue.js';
import { readableTail, ServiceProcess } from './service.process.js';
import { serviceEnvironment, type StackFacts, webAddress } from './stack.environment.js';
import { StackHome } from './stack.home.js';
import { type InfrastructurePlan, prepareNats, preparePostgres } from './stack.infrastructure.js';
import { provisionService } from './stack.provisioning.js';
import { StartError } from './start.error.js';

export interface StackOptions {
  /** Where data, secrets and logs live. */
  home: string;
  configFile: string;
  ports: PortPlan;
  /** Forgets the data and secrets in `home` first. */
  fresh?: boolean;
  /** Whether what dies is started again, and NATS given its streams when it comes back without. Default true. */
  restart?: boolean;
  env?: NodeJS.ProcessEnv;
  /** Aborted to give up while starting. */
  signal?: AbortSignal;
  onStep?: (step: Step) => void;
  onDeath?: (death: Death) => void;
}

export interface Step {
  name: string;
  state: 'working' | 'done' | 'failed';
  detail?: string;
}

export interface StackProcess {
  readonly name: string;
  readonly pid: number;
  readonly running: boolean;
  readonly logFile: string;
  /** Sends a signal and, if it is deadly, waits for the end. Whether it is then started again is up to `restart`. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it properly, for good. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Resolves once it is ready to work. */
  ready(timeoutMs?: number): Promise<void>;
}

export interface Stack {
  readonly urls: Record<string, string>;
  readonly keys: { site: string; auditor: string; operator: string };
  /** Postgres as its administrator reaches it. */
  readonly database: { url: string; password?: string };
  readonly home: string;
  readonly processes: ReadonlyMap<string, StackProcess>;
  /** The process of that name; throws when there is none. */
  process(name: string): StackProcess;
  /** Makes schemas, streams and consumers anew where they are missing, for instance after NATS lost its disk. */
  provision(): Promise<void>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 120_000;
/** A service that dies so often before it was ready once will not become ready. */
const DEATHS_ALLOWED = 2;

/** Starts everything and resolves when all of it is ready. What fails stops again whatever was started. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stack = new LocalStack(options);
  try {
    await stack.start();
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

class LocalStack implements Stack {
  readonly processes = new Map<string, StackProcess>();
  readonly urls: Record<string, string>;
  readonly keys = { site: '', auditor: '', operator: '' };
  readonly database: { url: string; password?: string } = { url: '' };
  private readonly files: StackHome;
  private readonly roster: Roster;
  private readonly keepers = new Map<string, Keeper>();
  private facts: StackFacts | undefined;
  private claimed = false;
  private readonly givenUp = new AbortController();
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: StackOptions) {
    options.signal?.addEventListener('abort', () => this.givenUp.abort());
    this.files = new StackHome(options.home);
    this.roster = new Roster(this.files.roster);
    this.urls = { website: webAddress(options.ports.sandbox) };
    for (const { name } of SERVICES) this.urls[name] = webAddress(options.ports[name]);
  }

  get home(): string {
    return this.files.folder;
  }

  process(name: string): StackProcess {
    const found = this.processes.get(name);
    if (found === undefined) throw new Error(`There is no process ${name}; there are ${[...this.processes.keys()].join(', ')}.`);
    return found;
  }

  async start(): Promise<void> {
    this.requireBuilt();
    this.files.create();
    await this.roster.claim((detail) => this.step({ name: 'earlier run', state: 'done', detail }));
    this.claimed = true;
    if (this.options.fresh === true) {
      this.files.clear();
      this.files.create();
      const kept = ['POSTGRES_URL', 'NATS_URL'].filter((name) => (this.env[name] ?? '') !== '');
      if (kept.length > 0) this.step({ name: 'fresh', state: 'done', detail: `what ${kept.join(' and ')} names is left as it is` });
    }
    await requireFree(this.options.ports, this.portsNeeded());
    const facts = await this.startInfrastructure();
    this.facts = facts;
    const starts = SERVICES.map((service) => this.startService(service, facts));
    await Promise.all(starts).catch(async (error: unknown) => {
      this.givenUp.abort();
      await Promise.allSettled(starts);
      throw error;
    });
    writeClientFile(this.files.client, this, await verifierKeysOf(this.urls['audit'] ?? ''));
  }

  async provision(): Promise<void> {
    const { facts } = this;
    if (facts === undefined) throw new Error('The stack has not been started.');
    await Promise.all(SERVICES.map((service) => provisionService(service, facts, this.givenUp.signal)));
  }

  stop(): Promise<void> {
    this.givenUp.abort();
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private requireBuilt(): void {
    const missing = SERVICES.filter(({ name }) => !existsSync(builtFile(name, 'main'))).map(({ name }) => name);
    if (missing.length > 0) throw new StartError('NOT_BUILT', `Not built: ${missing.join(', ')}. Run: npx nx run-many -t build`);
  }

  private portsNeeded(): PortName[] {
    const env = this.env;
    const isOurs = (variable: string): boolean => (env[variable] ?? '') === '';
    return [
      ...SERVICES.map(({ name }) => name),
      'smtp',
      ...(isOurs('POSTGRES_URL') ? (['postgres'] as const) : []),
      ...(isOurs('NATS_URL') ? (['nats', 'nats-monitor'] as const) : []),
    ];
  }

  private get env(): NodeJS.ProcessEnv {
    return this.options.env ?? process.env;
  }

  private async startInfrastructure(): Promise<StackFacts> {
    const secrets = loadSecrets(this.files.secrets);
    const plan: InfrastructurePlan = { env: this.env, home: this.files, ports: this.options.ports, secrets };
    const settled = await Promise.allSettled([
      this.working('postgres', async () => {
        const { access, server, description } = await preparePostgres(plan);
        if (server !== undefined) await this.keep('postgres', server);
        return { result: access, detail: description };
      }),
      this.working('nats', async (report) => {
        const { access, server, description } = await prepareNats(plan, report);
        if (server !== undefined) await this.keep('nats', server);
        return { result: access, detail: description };
      }),
    ]);
    const [database, nats] = [valueOf(settled[0]), valueOf(settled[1])];
    Object.assign(this.keys, { site: secrets.siteKey, auditor: secrets.auditorKey, operator: secrets.operatorKey });
    Object.assign(this.database, database);
    Object.assign(this.urls, { postgres: database.url, nats: nats.url });
    const { configFile, ports } = this.options;
    return { configFile, references: referencesIn(configFile), ports, secrets, database, nats, sandboxDir: this.files.sandbox, checkpointsDir: this.files.checkpoints, env: this.env };
  }

  private async startService(service: ServiceEntry, facts: StackFacts): Promise<void> {
    const { name } = service;
    await this.working(name, async (report) => {
      report('preparing');
      await provisionService(service, facts, this.givenUp.signal);
      report('starting');
      const server = new ServiceProcess(name, serviceEnvironment(service, facts), this.files.logOf(name));
      const keeper = await this.keep(name, server);
      await this.untilReady(name, keeper, READY_TIMEOUT_MS, report);
      return { result: undefined, detail: this.urls[name] };
    });
  }

  // What is still on its way when everything stops must not leave a process behind.
  private requireWanted(): void {
    if (this.givenUp.signal.aborted) throw new StartError('STOPPED', 'Stopped while starting.');
  }

  private async keep(name: string, server: LocalServer): Promise<Keeper> {
    const keeper = new Keeper(name, server, {
      restart: this.options.restart ?? true,
      onStarted: (_, pid) => this.roster.add(name, pid),
      ...(this.options.onDeath === undefined ? {} : { onDeath: this.options.onDeath }),
    });
    if (this.givenUp.signal.aborted) {
      await server.stop();
      this.requireWanted();
    }
    this.keepers.set(name, keeper);
    this.processes.set(name, this.handleOf(name, keeper));
    await keeper.start();
    return keeper;
  }

  private handleOf(name: string, keeper: Keeper): StackProcess {
    const { server } = keeper;
    return {
      name,
      logFile: server.logFile,
      get pid() {
        return server.pid;
      },
      get running() {
        return server.running;
      },
      kill: (signal) => server.kill(signal),
      stop: () => keeper.stop(),
      start: () => keeper.start(),
      // Postgres and NATS are ready when start() resolves.
      ready: (timeoutMs = 30_000) => (this.urls[name]?.startsWith('http') === true ? this.untilReady(name, keeper, timeoutMs) : Promise.resolve()),
    };
  }

  private async untilReady(name: string, keeper: Keeper, timeoutMs: number, report?: (detail: string) => void): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const deathsBefore = keeper.deaths;
    for (let shown = ''; ; ) {
      this.requireWanted();
      const answer = await readiness(this.urls[name] ?? '');
      if (answer.ready) return;
      if (keeper.deaths - deathsBefore >= DEATHS_ALLOWED) throw this.failure(name, keeper, 'ends again and again instead of becoming ready');
      if (Date.now() > deadline) throw this.failure(name, keeper, `is not ready after ${timeoutMs / 1000} s: ${answer.reason}`);
      if (answer.answered && answer.reason !== shown) report?.((shown = answer.reason));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }

  private failure(name: string, { server }: Keeper, what: string): StartError {
    const lines = readableTail(server.logFile, 12).map((line) => `  ${line}`);
    return new StartError('SERVICE', [`${name} ${what}. Its last lines, from ${server.logFile}:`, ...lines].join('\n'));
  }

  private async working<T>(name: string, work: (report: (detail: string) => void) => Promise<{ result: T; detail?: string }>): Promise<T> {
    this.step({ name, state: 'working' });
    try {
      const { result, detail } = await work((line) => this.step({ name, state: 'working', detail: line }));
      this.step({ name, state: 'done', detail });
      return result;
    } catch (error) {
      this.step({ name, state: 'failed' });
      throw error;
    }
  }

  private step(step: Step): void {
    this.options.onStep?.(step);
  }

  // Who calls others stops before those who are called.
  private async stopAll(): Promise<void> {
    const waves = [SERVICES.map(({ name }) => name).filter((name) => name !== 'sandbox'), ['sandbox'], ['nats'], ['postgres']];
    for (const wave of waves) await Promise.all(wave.map(async (name) => this.keepers.get(name)?.stop()));
    if (this.claimed) this.roster.release();
  }
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'fulfilled') return settled.value;
  const { reason } = settled as { reason: unknown };
  if (reason instanceof StartError) throw reason;
  throw new StartError('SERVER', reason instanceof Error ? reason.message : String(reason), { cause: reason });
}
