import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './free-port.js';
import { LocalServer } from './local-server.js';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.js';
import { ownerIds, postgresUser, type ServerUser } from './postgres-user.js';
import { type ServerCommand } from './server-process.js';

export interface PostgresOptions {
  /** Keeps the data here. Without it the data lives in a temporary folder that `stop()` removes. */
  dir?: string;
  /** Default: a free one. */
  port?: number;
  /**
   * The superuser's password. Without it everybody on this machine is trusted: for tests only. With it, no other role
   * may enter the databases that every server has.
   */
  password?: string;
  /** False gives up durability for speed: for tests only. Default true when `dir` is given. */
  durable?: boolean;
  maxConnections?: number;
  logFile?: string;
}

export interface PostgresServer extends LocalServer {
  /** Of the superuser, without a password, for the database `postgres`. */
  readonly adminUrl: string;
  readonly port: number;
  /** The address of a database for a role. */
  urlOf(database: string, role?: string): string;
}

const SUPERUSER = 'postgres';
const READY_WITHIN_MS = 60_000;
/** Killed, Postgres leaves sessions behind that still hold its memory until they notice. */
const SESSIONS_LEAVE_WITHIN_MS = 10_000;
const STILL_HELD = 'shared memory block';
const UNSAFE = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const server = new EmbeddedPostgres(options, options.port ?? (await freePort()));
  await server.start();
  return server;
}

class EmbeddedPostgres extends LocalServer implements PostgresServer {
  private readonly binaries: PostgresBinaries = postgresBinaries();
  private readonly parent: string;
  private readonly data: string;
  private readonly temporary: boolean;
  private readonly user: ServerUser;

  constructor(
    private readonly options: PostgresOptions,
    readonly port: number,
  ) {
    const temporary = options.dir === undefined;
    const parent = options.dir ?? mkdtempSync(join(tmpdir(), 'posthorn-postgres-'));
    super({
      name: `Postgres on port ${port}`,
      logFile: options.logFile ?? join(parent, 'postgres.log'),
      temporaryFolder: temporary ? parent : undefined,
      readyWithinMs: READY_WITHIN_MS,
    });
    this.temporary = temporary;
    this.parent = parent;
    mkdirSync(parent, { recursive: true });
    this.data = join(parent, 'data');
    this.user = this.prepareUser();
  }

  get adminUrl(): string {
    return this.urlOf('postgres');
  }

  urlOf(database: string, role = SUPERUSER): string {
    return `postgres://${role}@127.0.0.1:${this.port}/${database}`;
  }

  override async start(): Promise<void> {
    await this.startOnceAlone();
    if (this.options.password !== undefined) await this.withAdmin((client) => client.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'));
  }

  private async startOnceAlone(): Promise<void> {
    const giveUpAt = Date.now() + SESSIONS_LEAVE_WITHIN_MS;
    for (;;) {
      try {
        await super.start();
        return;
      } catch (error) {
        if (!String(error).includes(STILL_HELD) || Date.now() > giveUpAt) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  protected async command(): Promise<Omit<ServerCommand, 'logFile'>> {
    if (!existsSync(join(this.data, 'PG_VERSION'))) await this.initialise();
    const settings = [
      'listen_addresses=127.0.0.1',
      // Sockets in /tmp would be one more thing to clash over and to leave behind.
      'unix_socket_directories=',
      `max_connections=${this.options.maxConnections ?? 200}`,
      // One that keeps its data carries a whole system, whose backlog should not be read from files over and over.
      ...(this.temporary ? ['shared_buffers=64MB', 'max_wal_size=512MB'] : ['shared_buffers=256MB', 'max_wal_size=1GB']),
      // After a crash Postgres would sync each file by itself before it begins: most of the time until it answers again.
      ...(process.platform === 'linux' ? ['recovery_init_sync_method=syncfs'] : []),
      ...(this.durable ? [] : UNSAFE),
    ];
    const args = ['-D', this.data, '-p', String(this.port), ...settings.flatMap((setting) => ['-c', setting])];
    return { ...this.asUser(this.binaries.postgres, args), stopSignal: 'SIGINT' };
  }

  protected override async answers(): Promise<boolean> {
    await this.withAdmin(() => Promise.resolve());
    return true;
  }

  private get durable(): boolean {
    return this.options.durable ?? !this.temporary;
  }

  private prepareUser(): ServerUser {
    if (this.temporary && process.getuid?.() === 0) {
      const ids = ownerIds(postgresUser(this.data, this.binaries.postgres));
      if (ids !== undefined) chownSync(this.parent, ids.uid, ids.gid);
    }
    return postgresUser(this.data, this.binaries.postgres);
  }

  private asUser(command: string, args: readonly string[]): { command: string; args: string[]; uid?: number; gid?: number; env: NodeJS.ProcessEnv } {
    const line = [...this.user.prefix, command, ...args];
    // The locale is the cluster's own matter; the machine's must not leak into it.
    const env = { ...process.env, LC_ALL: 'C' };
    return { command: line[0] ?? command, args: line.slice(1), uid: this.user.uid, gid: this.user.gid, env };
  }

  private async initialise(): Promise<void> {
    // A first start that was interrupted leaves a folder which initdb refuses.
    rmSync(this.data, { recursive: true, force: true });
    mkdirSync(this.data, { mode: 0o700 });
    const ids = ownerIds(this.user);
    if (ids !== undefined) chownSync(this.data, ids.uid, ids.gid);
    const passwordFile = join(this.parent, 'superuser-password');
    const { password } = this.options;
    const auth = password === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    if (password !== undefined) {
      writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
      if (ids !== undefined) chownSync(passwordFile, ids.uid, ids.gid);
    }
    try {
      const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
      const sync = this.durable ? [] : ['--no-sync'];
      await this.run(this.binaries.initdb, ['-D', this.data, '-U', SUPERUSER, ...auth, ...locale, ...sync]);
    } catch (error) {
      rmSync(this.data, { recursive: true, force: true });
      throw error;
    } finally {
      rmSync(passwordFile, { force: true });
    }
  }

  private run(command: string, args: readonly string[]): Promise<void> {
    const invocation = this.asUser(command, args);
    return new Promise((resolve, reject) => {
      const child = spawn(invocation.command, invocation.args, { ...invocation, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.once('error', reject);
      child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`initdb failed with ${code}.\n${output}`))));
    });
  }

  private async withAdmin(work: (client: Client) => Promise<unknown>): Promise<void> {
    // Beside a URL node-postgres ignores a password, so the parts are given.
    const client = new Client({ host: '127.0.0.1', port: this.port, user: SUPERUSER, password: this.options.password, database: 'postgres', connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
