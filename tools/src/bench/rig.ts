import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, type JetStreamClient, jetstreamManager, type JetStreamManager, StorageType } from '@nats-io/jetstream';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM, OUTCOMES_STREAM } from '@posthorn/contracts';
import { Client } from 'pg';
import { parseDocument } from 'yaml';
import { anyPorts } from '../start/port.plan.js';
import { loadSecrets } from '../start/secret.store.js';
import { type ServiceName, SERVICES } from '../start/service.catalogue.js';
import { NATS_ADMIN } from '../start/stack.environment.js';
import { type Stack, startStack } from '../start/stack.js';
import { StackHome } from '../start/stack.home.js';
import { EXAMPLE_CONFIG } from '../workspace.js';
import { Program, type ProgramName } from './program.js';

/** Of both sides: at 100 events/s and three requests an event, eight calls at a time would be the limit, not we. */
export const CALLS_AT_ONCE = 32;
/** What the bare programs publish to and take from. */
export const BARE_STREAM = 'BARE';
const LIMITLESS = { perSecond: 1_000_000, burst: 1_000_000 };
const STREAMS = [EVENTS_STREAM, OUTCOMES_STREAM, BARE_STREAM];
/** A message in so many waits for its answer, so that the server is never flooded. */
const ASK_EVERY = 250;

/** Every service, as `npm start` runs them, on servers of their own; and the bare programs on the same servers. */
export class Rig {
  private readonly programs = new Map<ProgramName, Program>();

  private constructor(
    private readonly stack: Stack,
    readonly tap: Program,
    readonly tapUrl: string,
    private readonly database: Client,
    private readonly nats: NatsConnection,
    private readonly manager: JetStreamManager,
    private readonly serverEnv: Record<string, string>,
    /** Signs what the example's shop sends. */
    readonly shopSecret: string,
  ) {}

  static async start(signal: AbortSignal, progress: (line: string) => void): Promise<Rig> {
    const home = mkdtempSync(join(tmpdir(), 'posthorn-bench-'));
    const tap = Program.start('provider.tap');
    let stack: Stack | undefined;
    try {
      const tapUrl = await tap.ask<string>('url');
      const configFile = join(home, 'posthorn.yaml');
      writeFileSync(configFile, configurationFor(tapUrl));
      stack = await startStack({
        home, configFile, signal, ports: await anyPorts(), restart: false, env: withoutServers(process.env),
        onStep: ({ name, state }) => { if (state === 'done') progress(`started ${name}`); },
      });
      const { natsAdmin, shopWebhookSecret } = loadSecrets(new StackHome(home).secrets);
      const serverEnv = { DATABASE_URL: withPassword(stack.database), NATS_URL: stack.urls['nats'] ?? '', NATS_USER: NATS_ADMIN, NATS_PASSWORD: natsAdmin };
      const database = new Client({ connectionString: serverEnv.DATABASE_URL });
      await database.connect();
      const nats = await connect({ servers: serverEnv.NATS_URL, user: NATS_ADMIN, pass: natsAdmin });
      const manager = await jetstreamManager(nats);
      await manager.streams.add({ name: BARE_STREAM, subjects: ['bare.>'], storage: StorageType.File, max_age: nanos(72 * 3_600_000) });
      return new Rig(stack, tap, tapUrl, database, nats, manager, serverEnv, shopWebhookSecret);
    } catch (error) {
      await tap.stop();
      await stack?.stop();
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
  }

  get stream(): JetStreamClient {
    return jetstream(this.nats);
  }

  /** Where sites send events, and as whom. */
  get ingress(): { url: string; headers: Record<string, string> } {
    return { url: `${this.urlOf('ingress')}/v1/events`, headers: { authorization: `Bearer ${this.stack.keys.site}`, 'content-type': 'application/json' } };
  }

  /** Where auditors ask, and as whom. */
  get audit(): { url: string; headers: Record<string, string> } {
    return { url: this.urlOf('audit'), headers: { authorization: `Bearer ${this.stack.keys.auditor}` } };
  }

  /** Of the superuser, with the password. */
  get databaseUrl(): string {
    return this.serverEnv['DATABASE_URL'] ?? '';
  }

  urlOf(service: ServiceName): string {
    return this.stack.urls[service] ?? '';
  }

  pidOf(service: ServiceName): number {
    return this.stack.process(service).pid;
  }

  /** Starts these services, and no others, with nothing from before: no memory, no messages, no rows. */
  async run(services: readonly ServiceName[]): Promise<void> {
    await Promise.all([...this.programs.keys()].map((name) => this.stop(name)));
    await Promise.all(SERVICES.map(({ name }) => this.stack.process(name).stop()));
    for (const stream of STREAMS) await this.manager.streams.purge(stream);
    await this.empty();
    await this.begin(services);
  }

  /** Starts these services with what there is. */
  async begin(services: readonly ServiceName[]): Promise<void> {
    await Promise.all(services.map((name) => this.stack.process(name).start()));
    await Promise.all(services.map((name) => this.stack.process(name).ready()));
  }

  async end(services: readonly ServiceName[]): Promise<void> {
    await Promise.all(services.map((name) => this.stack.process(name).stop()));
  }

  /** Lets Postgres write what it owes, so that every round begins alike. */
  async settle(): Promise<void> {
    await this.database.query('CHECKPOINT');
  }

  /** A bare program on the same servers; the one that runs already if it does. */
  bare(name: ProgramName, env: Record<string, string> = {}): Program {
    const program = this.programs.get(name) ?? Program.start(name, { ...this.serverEnv, CALLS_AT_ONCE: String(CALLS_AT_ONCE), ...env });
    this.programs.set(name, program);
    return program;
  }

  async query<Row>(sql: string): Promise<Row[]> {
    return (await this.database.query(sql)).rows as Row[];
  }

  /** Puts messages into a stream as fast as it takes them. */
  async publish(subject: string, bodies: readonly string[]): Promise<void> {
    const { stream } = this;
    for (const [index, body] of bodies.entries()) {
      if ((index + 1) % ASK_EVERY === 0 || index === bodies.length - 1) await stream.publish(subject, body);
      else this.nats.publish(subject, body);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.programs.keys()].map((name) => this.stop(name)));
    await this.tap.stop();
    await this.nats.close();
    await this.database.end();
    await this.stack.stop();
    rmSync(this.stack.home, { recursive: true, force: true });
  }

  // Otherwise services would notice what an earlier benchmark's streams had lost, and send it again.
  private async empty(): Promise<void> {
    const { rows: tables } = await this.database.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = ANY ($1) AND tablename <> 'migrations'`,
      [SERVICES.flatMap(({ role }) => role ?? [])],
    );
    await this.database.query(`TRUNCATE ${tables.map(({ name }) => name).join(', ')} RESTART IDENTITY CASCADE`);
  }

  private async stop(name: ProgramName): Promise<void> {
    await this.programs.get(name)?.stop();
    this.programs.delete(name);
  }
}

/** The example, except that the CRM is reached by way of the tap, and may be called more often at a time. */
function configurationFor(tapUrl: string): string {
  const document = parseDocument(readFileSync(EXAMPLE_CONFIG, 'utf8'));
  document.setIn(['crm-sync', 'connections', 0, 'baseUrl'], `${tapUrl}/hubspot`);
  document.setIn(['crm-sync', 'connections', 0, 'guard'], { concurrency: CALLS_AT_ONCE });
  // What is measured is how fast it can be, not how fast one key or one address may be.
  document.setIn(['ingress', 'limits'], { perKey: LIMITLESS, perAddress: LIMITLESS });
  return document.toString();
}

/** Servers that somebody else uses are no place to measure. */
function withoutServers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'POSTGRES_URL' && !name.startsWith('NATS_')));
}

function withPassword({ url, password }: { url: string; password?: string }): string {
  const complete = new URL(url);
  if (password !== undefined) complete.password = encodeURIComponent(password);
  return complete.href;
}
