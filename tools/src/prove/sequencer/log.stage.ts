import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createEvent, eventSubject } from '@posthorn/contracts';
import { freePort, type NatsServer, type PostgresServer, startNats, startPostgres, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { stringify } from 'yaml';
import { readiness } from '../../start/readiness.probe.js';
import { ServiceProcess } from '../../start/service.process.js';
import { bare, provision } from '../crash/crash.victim.js';
import type { RecordedEntry, SignedSize } from './log.verdict.js';

const DATABASE = 'posthorn';
const ORIGIN = 'prove.example/audit';
const REPLICAS = ['log-1', 'log-2'] as const;
const AT_ONCE = 100;
/** So many events wait for the log at all times: more than killed replicas have taken with them, which come again after 30 s. */
const AHEAD = 15_000;
const hex = (): string => randomBytes(32).toString('hex');

// The lock under which entries are appended, and the name of the connection that has it.
const HOLDER = `
  SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid)
   WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = hashtextextended('posthorn audit entries', 0)
     AND application_name = ANY($1)`;

interface Replica {
  process: ServiceProcess;
  url: string;
}

/** Postgres, NATS and two replicas of audit, with more to record than they can keep up with. */
export class LogStage {
  readonly sent: string[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'posthorn-sequencer-'));
  private readonly replicas = new Map<string, Replica>();
  private postgres: PostgresServer | undefined;
  private nats: NatsServer | undefined;
  private connection: NatsConnection | undefined;
  private database: Client | undefined;
  private feeding: Promise<void> | undefined;
  private fed = false;

  async start(): Promise<void> {
    const [postgres, nats] = await Promise.all([startPostgres({ maxConnections: 100 }), startNats()]);
    Object.assign(this, { postgres, nats });
    await provision('audit', { adminUrl: postgres.urlOf(DATABASE), natsPort: nats.port });
    const configFile = join(this.folder, 'sequencer.yaml');
    writeFileSync(configFile, stringify(configurationOf(join(this.folder, 'checkpoints'))), { mode: 0o600 });
    for (const name of REPLICAS) this.replicas.set(name, await this.replica(name, configFile));
    this.database = new Client({ connectionString: postgres.urlOf(DATABASE) });
    await this.database.connect();
    this.connection = await connect({ servers: nats.url, maxReconnectAttempts: -1 });
    await this.bothReady();
  }

  /** Publishes until it is told to stop; always more than the log has recorded. */
  feed(): void {
    this.feeding = (async () => {
      const js = jetstream(this.connection as NatsConnection);
      while (!this.fed) {
        if (this.sent.length - (await this.size()) > AHEAD) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          continue;
        }
        const events = Array.from({ length: AT_ONCE }, (_, at) => createEvent({ site: 'acme', type: 'lead.submitted', data: { person: { email: `sequencer-${this.sent.length + at}@drill.example` } } }));
        await Promise.all(events.map((event) => js.publish(eventSubject(event.site, event.type), JSON.stringify(event), { msgID: event.id })));
        this.sent.push(...events.map(({ id }) => id));
      }
    })();
    // Told by whoever waits for the end of it.
    this.feeding.catch(() => undefined);
  }

  /** Kills the replica that is just appending. Answers how long nothing was appended after that, in milliseconds. */
  async killWriter(patienceMs: number): Promise<number> {
    const holder = await waitFor(async () => (await this.query<{ name: string }>(HOLDER, [REPLICAS]))[0]?.name, { timeoutMs: patienceMs, everyMs: 1, describe: 'a replica that appends' });
    const { process } = this.replicas.get(holder) as Replica;
    await process.kill('SIGKILL');
    const began = performance.now();
    const size = await this.size();
    await waitFor(async () => (await this.size()) > size, { timeoutMs: patienceMs, everyMs: 5, describe: 'the standby to append' });
    const idleMs = performance.now() - began;
    await process.start();
    await this.bothReady();
    return idleMs;
  }

  /** Stops publishing, and waits until everything is in the log and signed. */
  async settle(patienceMs: number): Promise<void> {
    this.fed = true;
    await this.feeding;
    await waitFor(async () => (await this.size()) >= this.sent.length, { timeoutMs: patienceMs, everyMs: 250 }).catch(() => undefined);
    await waitFor(() => this.kept().some(({ size }) => size >= this.sent.length), { timeoutMs: patienceMs, everyMs: 250 }).catch(() => undefined);
  }

  entries(): Promise<RecordedEntry[]> {
    return this.query('SELECT position::float8 AS position, id, leaf FROM audit.entries ORDER BY position');
  }

  /** What was signed: in the database, and in the folder outside. */
  async signed(): Promise<SignedSize[]> {
    const rows = await this.query<SignedSize>("SELECT size::float8 AS size, encode(root, 'base64') AS root FROM audit.checkpoints");
    return [...rows, ...this.kept()];
  }

  async stop(): Promise<void> {
    this.fed = true;
    await this.feeding?.catch(() => undefined);
    await Promise.all([...this.replicas.values()].map(({ process }) => process.stop()));
    await this.connection?.close();
    await this.database?.end();
    await this.nats?.stop();
    await this.postgres?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private kept(): SignedSize[] {
    const folder = join(this.folder, 'checkpoints', ...ORIGIN.split('/'));
    return readdirSync(folder).filter((name) => /^\d+$/.test(name)).map((name) => {
      const [, size = '', root = ''] = readFileSync(join(folder, name), 'utf8').split('\n');
      return { size: Number(size), root };
    });
  }

  private async replica(name: string, configFile: string): Promise<Replica> {
    const { postgres, nats } = this;
    if (postgres === undefined || nats === undefined) throw new Error('The stage has not been started.');
    const port = await freePort();
    const database = `${postgres.urlOf(DATABASE, 'audit')}?application_name=${name}`;
    const env = { ...bare(), NODE_ENV: 'production', POSTHORN_CONFIG: configFile, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'warn', DATABASE_URL: database, NATS_URL: nats.url };
    const process = new ServiceProcess('audit', env, join(this.folder, `${name}.log`));
    await process.start();
    return { process, url: `http://127.0.0.1:${port}` };
  }

  private async bothReady(): Promise<void> {
    for (const { url } of this.replicas.values()) await waitFor(async () => (await readiness(url)).ready, { timeoutMs: 120_000, everyMs: 100, describe: `${url} to be ready` });
  }

  private async size(): Promise<number> {
    const [row] = await this.query<{ size: number }>('SELECT coalesce(max(position), 0)::float8 AS size FROM audit.entries');
    return row?.size ?? 0;
  }

  private async query<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
    const answer = await this.database?.query<R>(sql, values);
    return answer?.rows ?? [];
  }
}

function configurationOf(folder: string): object {
  const audit = {
    keys: [{ id: 'nobody', sha256: hex() }],
    origin: ORIGIN,
    signingKeys: [hex()],
    encryption: { keys: [{ id: 'first', key: hex() }], lookupKey: hex() },
    checkpoints: { everyMs: 200, store: { folder } },
  };
  return { audit };
}
